/// The logical state of a port (`enum ibv_port_state`).
public struct PortState: RawRepresentable, Hashable, Sendable {
  /// The number as the kernel gives it.
  public let rawValue: UInt32

  /// Takes any number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Traffic can flow.
  public static let active = PortState(rawValue: 4)
}

extension PortState: CustomStringConvertible {
  /// "down", "init", "armed", "active", "active_defer", "nop", or "state N".
  public var description: String {
    let names = ["nop", "down", "init", "armed", "active", "active_defer"]
    return names.indices.contains(Int(rawValue)) ? names[Int(rawValue)] : "state \(rawValue)"
  }
}
