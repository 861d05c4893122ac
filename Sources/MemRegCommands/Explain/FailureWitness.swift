internal import CLinux
internal import CRecording
import Glibc
import LinuxSystem

/// The socket at which recorded processes tell of registrations that fail; each waits until it has been looked at.
final class FailureWitness {
  let path: String
  private let listener: Int32

  /// Listens at a socket in `directory`.
  init(in directory: String) throws(SystemError) {
    path = "\(directory)/witness"
    var descriptor: Int32 = -1
    try SystemError.check("listen at \(path)", unsafe clinux_listen_at(path, &descriptor))
    listener = descriptor
  }

  /// Gives the next failure to `body` with the process that waits; nothing if there is none within `milliseconds`.
  func take(
    within milliseconds: Int32,
    _ body: (_ failure: recording_failure, _ process: Int32) -> Void
  ) {
    guard isReadable(listener, within: milliseconds) else { return }
    let connection = accept(listener, nil, nil)
    guard connection >= 0 else { return }
    // Closing lets the process go on, whatever it has sent.
    defer { close(connection) }
    var process: Int32 = 0
    var failure = recording_failure()
    guard unsafe clinux_peer_process(connection, &process) == 0, process > 0,
      isReadable(connection, within: 1000)
    else { return }
    let count = unsafe withUnsafeMutableBytes(of: &failure) {
      unsafe read(connection, $0.baseAddress, $0.count)
    }
    if count == MemoryLayout<recording_failure>.size { body(failure, process) }
  }

  private func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&wanted, 1, milliseconds) > 0
  }

  deinit {
    close(listener)
    _ = unsafe unlink(path)
  }
}
