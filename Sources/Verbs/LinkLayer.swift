internal import CVerbs

/// What a port's packets travel in.
public enum LinkLayer: String, Sendable {
  /// Neither is named.
  case unspecified
  /// InfiniBand.
  case infiniBand = "infiniband"
  /// Ethernet: RoCE or iWARP.
  case ethernet

  init(rawLayer raw: UInt8) {
    self =
      switch Int(raw) {
      case IBV_LINK_LAYER_INFINIBAND: .infiniBand
      case IBV_LINK_LAYER_ETHERNET: .ethernet
      default: .unspecified
      }
  }
}
