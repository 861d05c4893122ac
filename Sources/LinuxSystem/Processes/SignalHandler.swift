import Glibc

/// What this process does at a signal.
package enum SignalHandler {
  /// Has `handler` called at signal `number`; a signal that is ignored stays so, as by nohup(1).
  package static func set(
    for number: Int32,
    _ handler: @escaping @convention(c) (Int32) -> Void
  ) {
    let before = signal(number, handler)
    let ignored = unsafe unsafeBitCast(SIG_IGN, to: UInt.self)
    if unsafe unsafeBitCast(before, to: UInt.self) == ignored { _ = signal(number, SIG_IGN) }
  }
}
