import Glibc
public import LinuxSystem
import Synchronization

/// Releases a device as soon as it is being removed, on a thread of its own; ends when it goes out of scope.
///
/// Keeps the context open as long as it watches. The kernel gives no event before Linux 7.3, so the device's file
/// is looked at ten times a second.
public final class RemovalWatch: Sendable {
  private let worker: WorkerThread
  private let stop: Int32

  /// Watches `context`: when its device is being removed, disassociates it and then calls `notify`, once.
  ///
  /// Throws EAGAIN or EMFILE if no thread or no pipe is available.
  public init(
    of context: DeviceContext,
    notify: @escaping @Sendable (RemovalSign) -> Void
  ) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (pipe(&ends), Errno.current)
    guard result == 0 else { throw SystemError("make a pipe", code: code) }
    let (input, output) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do {
      worker = try WorkerThread()
    } catch {
      close(input)
      close(output)
      throw error
    }
    stop = output
    worker.begin {
      defer { close(input) }
      var wake = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&wake, 1, 0) == 0 {
        guard let sign = context.removalSign(within: .milliseconds(100), waker: input) else {
          continue
        }
        // What cannot be replaced keeps the device; the caller's next use of a handle tells.
        try? context.disassociate()
        notify(sign)
        return
      }
    }
  }

  deinit {
    close(stop)
    worker.finish()
  }
}
