import Synchronization

/// What checks do to the system for a moment, besides registering memory.
public enum SystemChange: String, CaseIterable, Sendable {
  /// Same-page merging runs and its settings change.
  case merging = "turn on same-page merging (KSM)"
  /// A zram device is made and swapped to, unless the machine has swap.
  case swap = "swap to a compressed memory device"
  /// The rdma or memory controller is enabled, and a group of it has limits.
  case groups = "limit a control group"
  case devices = "make and remove soft-RoCE devices"
  case fileSystem = "mount a file system on a loop device"
  case compaction = "compact all memory"

  private static let isForbidden = Atomic<Bool>(false)

  /// Whether this process must leave the system as it is; a check has one to itself, and its children are forks of it.
  package static var areForbidden: Bool {
    get { isForbidden.load(ordering: .relaxed) }
    set { isForbidden.store(newValue, ordering: .relaxed) }
  }

  /// Why it is not done, or `nil` if it may be.
  package var refusal: String? {
    SystemChange.areForbidden
      ? "would \(rawValue), which --no-safe allows on a machine that may be disturbed" : nil
  }

  /// Skips unless the system may be changed so.
  package func require() throws { if let refusal { throw Skip(refusal) } }
}
