internal import CRecording
import LinuxSystem

/// The socket at which recorded processes tell of registrations that fail; each waits until it has been looked at.
final class FailureWitness {
  private let listener: LocalListener

  var path: String { listener.path }

  /// Listens at a socket in `directory`.
  init(in directory: String) throws(SystemError) {
    listener = try LocalListener(at: "\(directory)/witness")
  }

  /// Gives the next failure to `body` with the process that waits; nothing if there is none within `milliseconds`.
  ///
  /// The process goes on when `body` is done, whatever it has sent.
  func take(
    within milliseconds: Int32,
    _ body: (_ failure: recording_failure, _ process: Int32) -> Void
  ) {
    listener.take(MemoryLayout<recording_failure>.size, within: milliseconds) { bytes, process in
      let failure = unsafe bytes.withUnsafeBytes {
        unsafe $0.loadUnaligned(as: recording_failure.self)
      }
      body(failure, process)
    }
  }
}
