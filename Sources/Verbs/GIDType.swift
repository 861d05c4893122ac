internal import CVerbs

/// The encapsulation that a GID stands for (`enum ibv_gid_type`).
public enum GIDType: Hashable, Sendable {
  /// InfiniBand, or the first version of RoCE where the library does not tell them apart.
  case infiniBand
  /// RoCE over Ethernet frames.
  case roceV1
  /// RoCE over UDP/IP.
  case roceV2
  /// A type without a name here.
  case other(UInt32)

  init(rawType raw: UInt32) {
    self =
      switch raw {
      case IBV_GID_TYPE_IB.rawValue: .infiniBand
      case IBV_GID_TYPE_ROCE_V1.rawValue: .roceV1
      case IBV_GID_TYPE_ROCE_V2.rawValue: .roceV2
      default: .other(raw)
      }
  }
}

extension GIDType: CustomStringConvertible {
  /// "ib", "roce_v1", "roce_v2", or "type N".
  public var description: String {
    switch self {
    case .infiniBand: "ib"
    case .roceV1: "roce_v1"
    case .roceV2: "roce_v2"
    case .other(let number): "type \(number)"
    }
  }
}
