internal import CLinux
import Glibc

/// A socket in the file system at which processes of this machine connect; removed when it goes out of scope.
package struct LocalListener: ~Copyable {
  /// Where it is.
  package let path: String
  private let descriptor: Int32

  /// Listens at `path`, which must not exist and has at most 107 bytes; throws what `bind(2)` and `listen(2)` do.
  package init(at path: String) throws(SystemError) {
    self.path = path
    var descriptor: Int32 = -1
    try SystemError.check("listen at \(path)", unsafe clinux_listen_at(path, &descriptor))
    self.descriptor = descriptor
  }

  /// Gives `body` the first `length` bytes that the next peer sends at once, and the peer's process; nothing if none
  /// connects within `milliseconds`. The connection is closed when `body` is done.
  package func take(
    _ length: Int,
    within milliseconds: Int32,
    _ body: (_ bytes: [UInt8], _ process: Int32) -> Void
  ) {
    guard LocalListener.isReadable(descriptor, within: milliseconds) else { return }
    let connection = accept(descriptor, nil, nil)
    guard connection >= 0 else { return }
    defer { close(connection) }
    var process: Int32 = 0
    guard unsafe clinux_peer_process(connection, &process) == 0, process > 0,
      LocalListener.isReadable(connection, within: 1000)
    else { return }
    var bytes = [UInt8](repeating: 0, count: length)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe read(connection, $0.baseAddress, $0.count)
    }
    if count == length { body(bytes, process) }
  }

  private static func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&wanted, 1, milliseconds) > 0
  }

  deinit {
    close(descriptor)
    _ = unsafe unlink(path)
  }
}
