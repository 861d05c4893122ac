import Glibc
import Synchronization

/// SIGINT and SIGTERM as a flag that loops look at; a second signal ends the process at once.
enum Interruption {
  private static let signals = Atomic<Int>(0)

  /// Whether a signal has asked the command to stop.
  static var isRequested: Bool { signals.load(ordering: .relaxed) > 0 }

  /// Starts to catch the signals; without this they end the process as usual.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in
        let before = Interruption.signals.wrappingAdd(1, ordering: .relaxed).oldValue
        if before > 0 { _exit(ExitStatus.interrupted.rawValue) }
      }
    }
  }

  /// Sleeps until a signal asks to stop.
  static func wait() {
    var blocked = sigset_t()
    var previous = sigset_t()
    _ = unsafe sigemptyset(&blocked)
    _ = unsafe sigaddset(&blocked, SIGINT)
    _ = unsafe sigaddset(&blocked, SIGTERM)
    _ = unsafe pthread_sigmask(SIG_BLOCK, &blocked, &previous)
    while !isRequested { _ = unsafe sigsuspend(&previous) }
    _ = unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
  }
}
