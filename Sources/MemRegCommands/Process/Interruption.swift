import ArgumentParser
import Glibc
import LinuxSystem
import Synchronization
import Verbs

/// SIGINT, SIGTERM and the removal of the device as a flag that loops look at; a second signal ends the process at
/// once.
enum Interruption {
  private static let signals = Atomic<Int>(0)
  private static let hasRemoval = Atomic<Bool>(false)
  private static let removed = Mutex<String?>(nil)

  /// Whether the command is to stop: also if nobody gets its output.
  static var isRequested: Bool {
    signals.load(ordering: .relaxed) > 0 || hasRemoval.load(ordering: .acquiring)
      || StandardOutput.hasFailed
  }

  /// Whether the command is to stop, after a look for so long whether `devices`, those it cannot do without, are all
  /// being removed: a failure may be the first sign of that.
  static func isRequested(on devices: [Device?], within seconds: Double = 0) -> Bool {
    let devices = devices.compactMap(\.self)
    let start = MonotonicClock.now
    while !isRequested {
      if let first = devices.first, devices.allSatisfy(\.isGone) {
        noteRemoval(of: first)
      } else if devices.isEmpty || Double(MonotonicClock.now - start) >= seconds * 1e9 {
        return false
      } else {
        pause(seconds: 0.02)
      }
    }
    return true
  }

  /// The end of a command that has stopped early; `result` tells what became of its work.
  static func end(_ result: String) -> any Error {
    guard let name = removed.withLock({ $0 }) else {
      return ExitCode(ExitStatus.interrupted.rawValue)
    }
    return CommandFailure(removal(of: name, result), status: .unavailable)
  }

  /// What is said of a device that was let go of.
  static func removal(of device: String, _ result: String) -> String {
    "\(device) is being removed: let go of it; \(result)"
  }

  /// Catches the signals, and lets go of `context` when its device is being removed, for as long as the result is kept.
  ///
  /// Starts a thread; commands that fork look by `isRequested(on:)` instead.
  static func watch(_ context: DeviceContext?) throws(SystemError) -> RemovalWatch? {
    watch()
    guard let context else { return nil }
    return try RemovalWatch(of: context) { _ in noteRemoval(of: context.device) }
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

  /// Sleeps until the command is to stop.
  static func wait() {
    while !isRequested { pause(seconds: 0.1) }
  }

  /// Sleeps for so long, or until a signal comes.
  static func pause(seconds: Double) {
    guard !isRequested else { return }
    let whole = seconds.rounded(.down)
    var time = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    _ = unsafe nanosleep(&time, nil)
  }

  private static func noteRemoval(of device: Device) {
    removed.withLock { $0 = device.name }
    hasRemoval.store(true, ordering: .releasing)
  }
}
