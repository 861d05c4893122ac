import LinuxSystem

/// One line on standard error that tells how far a command is; nothing where that is no terminal.
final class ProgressLine {
  private let isShown: Bool
  private var last: UInt64 = 0
  private let start = MonotonicClock.now

  /// Nothing before half a second, and no more often than ten times a second.
  private static let delay: UInt64 = 500_000_000
  private static let interval: UInt64 = 100_000_000

  init() { isShown = StandardError.isTerminal }

  /// Shows the share that is done and what is going on.
  func show(_ share: Double, _ activity: String) {
    let now = MonotonicClock.now
    guard isShown, now - start > ProgressLine.delay, now - last > ProgressLine.interval else {
      return
    }
    last = now
    StandardError.draw("\r\u{1b}[K\(Int(share * 100)) % \(activity.printable)")
  }

  /// Removes the line.
  func clear() {
    if isShown && last > 0 { StandardError.draw("\r\u{1b}[K") }
  }
}
