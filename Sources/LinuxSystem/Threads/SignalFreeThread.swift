internal import CLinux
package import Glibc

/// Threads that leave every signal to the others: a handler on them could wait for the thread itself.
package enum SignalFreeThread {
  package typealias Body =
    @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?

  /// Starts `body` on `context` with all signals blocked and a stack of at least 1 MiB; throws what `pthread_create(3)`
  /// returns.
  package static func start(
    on context: UnsafeMutableRawPointer?,
    _ body: Body
  ) throws(Errno) -> pthread_t {
    var all = sigset_t()
    var before = sigset_t()
    _ = unsafe sigfillset(&all)
    _ = unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let status = unsafe clinux_start_thread(&thread, body, context)
    if let code = Errno(status: status) { throw code }
    return thread
  }
}
