/// How the memory of a cell is made known to the device.
public enum CoherenceRegistration: String, Sendable, CaseIterable {
  /// A memory region, pinned.
  case pinned
  /// An on-demand memory region.
  case odp
  /// A memory window of type 2 over a pinned region.
  case window
  /// Regions that the registration cache lends, asked for anew after the operation.
  case cache

  /// What a heading calls it.
  public var title: String {
    switch self {
    case .pinned: "pinned region"
    case .odp: "on-demand region"
    case .window: "memory window"
    case .cache: "registration cache"
    }
  }
}
