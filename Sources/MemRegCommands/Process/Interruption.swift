import ArgumentParser
import Glibc
import Synchronization
import Verbs

/// SIGINT, SIGTERM and the removal of the device as a flag that loops look at; a second signal ends the process at
/// once.
enum Interruption {
  private static let signals = Atomic<Int>(0)
  private static let removals = Atomic<Int>(0)

  /// Whether the command is to stop.
  static var isRequested: Bool { signals.load(ordering: .relaxed) > 0 || isRemoval }

  /// Whether it is to stop because its device is being removed.
  static var isRemoval: Bool { removals.load(ordering: .relaxed) > 0 }

  /// Asks the command to stop, as its device is being removed.
  static func noteRemoval() { removals.wrappingAdd(1, ordering: .relaxed) }

  /// The end of a command that has stopped early; `result` tells what became of its work.
  static func end(on device: String?, _ result: String) -> any Error {
    guard isRemoval else { return ExitCode(ExitStatus.interrupted.rawValue) }
    return CommandFailure(
      "\(device ?? "the device") is being removed: let go of it; \(result)",
      status: .unavailable
    )
  }

  /// Starts to catch the signals; without this they end the process as usual.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in
        let before = Interruption.signals.wrappingAdd(1, ordering: .relaxed).oldValue
        if before > 0 { _exit(ExitStatus.interrupted.rawValue) }
      }
    }
  }

  /// Sleeps until a signal asks to stop, or `context` is of a device that is being removed, which is let go of then.
  static func wait(holding context: DeviceContext?) throws {
    guard let context else { return wait() }
    while !isRequested {
      guard context.removalSign(within: .milliseconds(100)) != nil else { continue }
      noteRemoval()
      try context.disassociate()
    }
  }

  /// Sleeps for so long, or until a signal comes.
  static func pause(seconds: Double) {
    guard !isRequested else { return }
    let whole = seconds.rounded(.down)
    var time = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    _ = unsafe nanosleep(&time, nil)
  }

  private static func wait() {
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
