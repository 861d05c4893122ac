import Glibc

/// Wakes a thread that waits in `poll(2)`, from any other thread.
@safe
public final class Waker: Sendable {
  /// Readable from `wake()` to `clear()`.
  public let descriptor: Int32
  private let input: Int32

  /// Throws EMFILE or ENFILE if there is no pipe left.
  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (pipe(&ends), Errno.current)
    guard result == 0 else { throw SystemError("make a pipe", code: code) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, input) = (ends[0], ends[1])
  }

  /// Makes the descriptor readable.
  public func wake() {
    // A full pipe is readable.
    _ = unsafe write(input, [1], 1)
  }

  /// Waits until `wake()` for at most so long.
  public func wait(milliseconds: Int32) {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&waiting, 1, milliseconds)
  }

  /// Forgets what woke it; call before looking for the reason.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor, &bytes, bytes.count) > 0 {}
  }

  deinit {
    close(descriptor)
    close(input)
  }
}
