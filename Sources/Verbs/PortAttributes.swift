internal import CVerbs

/// The state of one port (`ibv_query_port`).
public struct PortAttributes: Sendable {
  /// The port's number, from 1.
  public let number: UInt8
  /// The logical state.
  public let state: PortState
  /// The physical state by its number; 5 is link up.
  public let physicalState: UInt8
  /// What packets travel in.
  public let linkLayer: LinkLayer
  /// The largest path MTU, in bytes.
  public let maxMTU: UInt32
  /// The path MTU now, in bytes.
  public let activeMTU: UInt32
  /// The longest message, in bytes.
  public let maxMessageSize: UInt32
  /// Lanes, coded as one bit (1: 1X, 2: 4X, 4: 8X, 8: 12X, 16: 2X).
  public let activeWidth: UInt8
  /// The speed of a lane, coded as one bit (1: 2.5 Gb/s).
  public let activeSpeed: UInt8
  /// Entries of the GID table.
  public let gidTableLength: Int32
  /// Entries of the partition key table.
  public let pkeyTableLength: UInt16
  /// The local identifier, 0 on Ethernet.
  public let lid: UInt16
  /// The local identifier of the subnet manager.
  public let subnetManagerLID: UInt16
  /// The LID mask control.
  public let lmc: UInt8
  /// Capability bits (`enum ibv_port_cap_flags`).
  public let capabilityFlags: UInt32
  /// Capability bits of the second word.
  public let capabilityFlags2: UInt16
  /// The code of the number of virtual lanes.
  public let maxVirtualLanes: UInt8
  /// Packets with a bad partition key so far.
  public let badPKeys: UInt32
  /// Packets with a bad queue key so far.
  public let qKeyViolations: UInt32
  /// The service level of the subnet manager.
  public let subnetManagerSL: UInt8
  /// The exponent of the subnet's timeout.
  public let subnetTimeout: UInt8
  /// How the port was initialised.
  public let initTypeReply: UInt8

  /// The link's rate in Mb/s, or `nil` for a code without a known meaning.
  public var rateMegabits: UInt32? {
    PortAttributes.rateMegabits(width: activeWidth, speed: activeSpeed)
  }

  static func rateMegabits(width: UInt8, speed: UInt8) -> UInt32? {
    guard let lanes = lanes[width], let speed = laneSpeeds[speed] else { return nil }
    return lanes * speed
  }

  private static let lanes: [UInt8: UInt32] = [1: 1, 2: 4, 4: 8, 8: 12, 16: 2]

  /// Mb/s of a lane as the field names them: SDR, DDR, QDR, FDR10, FDR, EDR, HDR, NDR.
  private static let laneSpeeds: [UInt8: UInt32] = [
    1: 2_500, 2: 5_000, 4: 10_000, 8: 10_000, 16: 14_000, 32: 25_000, 64: 50_000, 128: 100_000,
  ]
}

extension DeviceContext {
  /// Queries a port; throws EINVAL for a number that the device has not, ENODEV where its netdev is gone.
  public func port(_ number: UInt8) throws(VerbsError) -> PortAttributes {
    var raw = ibv_port_attr()
    let code = unsafe cverbs_query_port(self.raw, number, &raw)
    try check("ibv_query_port", code)
    return PortAttributes(
      number: number,
      state: PortState(rawValue: raw.state.rawValue),
      physicalState: raw.phys_state,
      linkLayer: LinkLayer(rawLayer: raw.link_layer),
      maxMTU: PortAttributes.bytes(raw.max_mtu),
      activeMTU: PortAttributes.bytes(raw.active_mtu),
      maxMessageSize: raw.max_msg_sz,
      activeWidth: raw.active_width,
      activeSpeed: raw.active_speed,
      gidTableLength: raw.gid_tbl_len,
      pkeyTableLength: raw.pkey_tbl_len,
      lid: raw.lid,
      subnetManagerLID: raw.sm_lid,
      lmc: raw.lmc,
      capabilityFlags: raw.port_cap_flags,
      capabilityFlags2: raw.port_cap_flags2,
      maxVirtualLanes: raw.max_vl_num,
      badPKeys: raw.bad_pkey_cntr,
      qKeyViolations: raw.qkey_viol_cntr,
      subnetManagerSL: raw.sm_sl,
      subnetTimeout: raw.subnet_timeout,
      initTypeReply: raw.init_type_reply
    )
  }
}

extension PortAttributes {
  /// `enum ibv_mtu` counts doublings from 128 bytes.
  static func bytes(_ mtu: ibv_mtu) -> UInt32 {
    (1...5).contains(mtu.rawValue) ? 128 << mtu.rawValue : 0
  }
}
