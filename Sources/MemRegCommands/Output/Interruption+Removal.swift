import ArgumentParser
import LinuxSystem
import Synchronization
import Verbs

extension Interruption {
  private static let removed = Mutex<String?>(nil)

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

  /// The message for a device that was released because it is being removed.
  static func removal(of device: String, _ result: String) -> String {
    "\(device) is being removed: released it; \(result)"
  }

  /// Catches the signals, and releases `context` when its device is being removed, for as long as the result is kept.
  ///
  /// Starts a thread; commands that fork look by `isRequested(on:)` instead.
  static func watch(_ context: DeviceContext?) throws(SystemError) -> RemovalWatch? {
    watch()
    guard let context else { return nil }
    return try RemovalWatch(of: context) { _ in noteRemoval(of: context.device) }
  }

  private static func noteRemoval(of device: Device) {
    removed.withLock { $0 = device.name }
    request()
  }
}
