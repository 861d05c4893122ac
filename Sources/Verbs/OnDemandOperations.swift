/// Operations that may touch an on-demand region (`enum ibv_odp_transport_cap_bits`).
public struct OnDemandOperations: OptionSet, Hashable, Sendable, NamedBits {
  /// The bits as the kernel gives them.
  public let rawValue: UInt32

  /// Takes any bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The operations by name, in bit order.
  public var operationNames: [String] { nameList }

  static let names: [(bit: OnDemandOperations, name: String)] = [
    (0, "send"), (1, "recv"), (2, "write"), (3, "read"), (4, "atomic"), (5, "srq_recv"),
    (6, "flush"), (7, "atomic_write"),
  ]
  .map { (OnDemandOperations(rawValue: 1 << UInt32($0.0)), $0.1) }
}
