import LinuxSystem

/// The turn of one thread to change what the process has pinned; the others wait until it is released.
///
/// The kernel counts pinned pages for the process, so a verification that is to see what its own region costs must be
/// alone. A class keeps one behind what pins, and takes it first in its `deinit`.
struct PinTurn: ~Copyable {
  private static let lock = ProcessLock()

  init() { PinTurn.lock.lock() }

  /// Calls `body` in a turn.
  static func take<Value: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return try body()
  }

  deinit { PinTurn.lock.unlock() }
}
