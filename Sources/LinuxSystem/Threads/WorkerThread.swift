import Glibc
import Synchronization

/// A thread that runs one job at a time for another thread; signals stay with the others.
@safe
public final class WorkerThread: Sendable {
  private typealias Job = @Sendable () -> Void

  @safe
  private final class Mailbox: Sendable {
    nonisolated(unsafe) let work: UnsafeMutablePointer<sem_t>
    nonisolated(unsafe) let done: UnsafeMutablePointer<sem_t>
    let job = Mutex<Job?>(nil)

    init() {
      unsafe work = .allocate(capacity: 1)
      unsafe done = .allocate(capacity: 1)
      _ = unsafe sem_init(work, 0, 0)
      _ = unsafe sem_init(done, 0, 0)
    }

    deinit {
      _ = unsafe sem_destroy(work)
      _ = unsafe sem_destroy(done)
      unsafe work.deallocate()
      unsafe done.deallocate()
    }

    static func wait(_ semaphore: UnsafeMutablePointer<sem_t>) {
      while true {
        let (result, code) = unsafe (sem_wait(semaphore), Errno.current)
        if result == 0 || code != .EINTR { return }
      }
    }

    func run() {
      while true {
        unsafe Mailbox.wait(work)
        guard let job = job.withLock({ $0 }) else { return }
        job()
        _ = unsafe sem_post(done)
      }
    }
  }

  private let mailbox = Mailbox()
  private let thread: pthread_t

  /// Starts the thread, which waits for a job; throws EAGAIN at a limit on threads.
  public init() throws(SystemError) {
    var all = sigset_t()
    var before = sigset_t()
    _ = unsafe sigfillset(&all)
    _ = unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(mailbox).toOpaque()
    let status = unsafe pthread_create(
      &thread,
      nil,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Mailbox>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      },
      argument
    )
    _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    self.thread = thread
    if let code = Errno(status: status) {
      unsafe Unmanaged<Mailbox>.fromOpaque(argument).release()
      throw SystemError("start a thread", code: code)
    }
  }

  /// Gives the thread its next job; `finish()` must be called before another.
  public func begin(_ job: @escaping @Sendable () -> Void) {
    mailbox.job.withLock { $0 = job }
    _ = unsafe sem_post(mailbox.work)
  }

  /// Waits until the job is done.
  public func finish() {
    unsafe Mailbox.wait(mailbox.done)
    mailbox.job.withLock { $0 = nil }
  }

  deinit {
    _ = unsafe sem_post(mailbox.work)
    _ = pthread_join(thread, nil)
  }
}
