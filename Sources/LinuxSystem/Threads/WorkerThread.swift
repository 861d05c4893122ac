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
    let argument = unsafe Unmanaged.passRetained(mailbox).toOpaque()
    do {
      thread = try unsafe SignalFreeThread.start(on: argument) { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Mailbox>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }
    } catch {
      unsafe Unmanaged<Mailbox>.fromOpaque(argument).release()
      throw SystemError("start a thread", code: error)
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
