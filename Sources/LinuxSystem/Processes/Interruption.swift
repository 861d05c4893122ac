import Glibc
import Synchronization

/// SIGINT and SIGTERM, and other reasons to end early, as a flag that loops look at; a second signal ends the process
/// at once.
package enum Interruption {
  private static let signals = Atomic<Int>(0)
  private static let isAsked = Atomic<Bool>(false)

  /// The exit status of a process that a signal ended early.
  package static let exitStatus: Int32 = 128 + SIGINT

  /// Whether the work is to end.
  package static var isRequested: Bool {
    signals.load(ordering: .relaxed) > 0 || isAsked.load(ordering: .acquiring)
  }

  /// Ends the work as a signal does.
  package static func request() { isAsked.store(true, ordering: .releasing) }

  /// Starts to catch the signals; without this they end the process as usual.
  package static func watch() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in
        let before = Interruption.signals.wrappingAdd(1, ordering: .relaxed).oldValue
        if before > 0 { _exit(Interruption.exitStatus) }
      }
    }
  }

  /// Sleeps until the work is to end.
  package static func wait() {
    while !isRequested { pause(seconds: 0.1) }
  }

  /// Sleeps for `seconds`, or until a signal arrives.
  package static func pause(seconds: Double) {
    guard !isRequested else { return }
    let whole = seconds.rounded(.down)
    var time = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    _ = unsafe nanosleep(&time, nil)
  }
}
