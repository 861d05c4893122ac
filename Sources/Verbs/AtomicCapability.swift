internal import CVerbs

/// Against whom a device's atomic operations are atomic (`enum ibv_atomic_cap`).
public enum AtomicCapability: String, Sendable {
  /// The device has no atomics.
  case none
  /// Against operations of the same device only (`IBV_ATOMIC_HCA`).
  case device
  /// Against everything that touches the memory, the CPU too (`IBV_ATOMIC_GLOB`).
  case global

  init(_ raw: ibv_atomic_cap) {
    self =
      switch raw {
      case IBV_ATOMIC_HCA: .device
      case IBV_ATOMIC_GLOB: .global
      default: .none
      }
  }
}
