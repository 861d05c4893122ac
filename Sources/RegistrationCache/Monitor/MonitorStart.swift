internal import Synchronization

/// What the starter of the event thread and the thread tell one another.
final class MonitorStart: Sendable {
  let descriptor = Atomic<Int32>(-1)
  let canary = Atomic<Int32>(-1)
  /// 0 until the thread runs.
  let outcome = Atomic<UInt32>(0)

  enum Outcome {
    /// The thread has its own table of files, in which nobody closes what it reads.
    static let ownFiles: UInt32 = 1
    static let sharedFiles: UInt32 = 2
  }
}
