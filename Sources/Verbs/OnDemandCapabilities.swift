internal import CVerbs

/// What a device claims of on-demand paging, per transport (`struct ibv_odp_caps`).
public struct OnDemandCapabilities: Equatable, Sendable {
  /// Whether the device has on-demand paging at all (`IBV_ODP_SUPPORT`).
  public let isSupported: Bool
  /// Whether one region may span the whole address space (`IBV_ODP_SUPPORT_IMPLICIT`).
  public let isImplicitSupported: Bool
  /// Operations on reliable connections.
  public let rc: OnDemandOperations
  /// Operations on unreliable connections.
  public let uc: OnDemandOperations
  /// Operations on unreliable datagrams.
  public let ud: OnDemandOperations
  /// Operations on extended reliable connections.
  public let xrc: OnDemandOperations

  init(_ raw: ibv_device_attr_ex) {
    let caps = raw.odp_caps
    isSupported = caps.general_caps & UInt64(IBV_ODP_SUPPORT.rawValue) != 0
    isImplicitSupported = caps.general_caps & UInt64(IBV_ODP_SUPPORT_IMPLICIT.rawValue) != 0
    rc = OnDemandOperations(rawValue: caps.per_transport_caps.rc_odp_caps)
    uc = OnDemandOperations(rawValue: caps.per_transport_caps.uc_odp_caps)
    ud = OnDemandOperations(rawValue: caps.per_transport_caps.ud_odp_caps)
    xrc = OnDemandOperations(rawValue: raw.xrc_odp_caps)
  }
}
