internal import CVerbs

/// What a device says of itself and its limits (`ibv_query_device_ex`); the claims are the driver's, not proofs.
public struct DeviceAttributes: Sendable {
  /// The firmware's version, as the driver writes it; empty where there is none.
  public let firmware: String
  /// The node's GUID.
  public let nodeGUID: GUID
  /// The GUID shared by all devices of one adapter.
  public let systemImageGUID: GUID
  /// The vendor by its IEEE number.
  public let vendorID: UInt32
  /// The vendor's number of the part.
  public let vendorPartID: UInt32
  /// The hardware's revision.
  public let hardwareVersion: UInt32
  /// How many ports the device has, numbered from 1.
  public let physicalPorts: UInt32
  /// The longest memory region the device claims to take, in bytes; a driver may refuse far shorter ones.
  public let maxMRSize: UInt64
  /// The page sizes of the device's translation table, one bit per size in bytes.
  public let pageSizeCap: UInt64
  /// Optional features.
  public let capabilities: DeviceCapabilities
  /// Whether atomics are atomic against the CPU too.
  public let atomics: AtomicCapability
  /// On-demand paging by transport.
  public let onDemand: OnDemandCapabilities
  /// How many objects of each kind there may be.
  public let limits: DeviceLimits
  /// Completion vectors to spread interrupts over.
  public let completionVectors: Int32

  /// Page sizes of the translation table in bytes, ascending.
  public var pageSizes: [UInt64] {
    (0..<64).map { UInt64(1) << $0 }.filter { pageSizeCap & $0 != 0 }
  }
}

extension DeviceContext {
  /// Queries the device; throws EIO where it is gone.
  public func attributes() throws(VerbsError) -> DeviceAttributes {
    var raw = ibv_device_attr_ex()
    let code = unsafe ibv_query_device_ex(self.raw, nil, &raw)
    try check("ibv_query_device_ex", code)
    let basic = raw.orig_attr
    return unsafe DeviceAttributes(
      firmware: CText.read(basic.fw_ver),
      nodeGUID: GUID(bigEndian: basic.node_guid),
      systemImageGUID: GUID(bigEndian: basic.sys_image_guid),
      vendorID: basic.vendor_id,
      vendorPartID: basic.vendor_part_id,
      hardwareVersion: basic.hw_ver,
      physicalPorts: raw.phys_port_cnt_ex > 0 ? raw.phys_port_cnt_ex : UInt32(basic.phys_port_cnt),
      maxMRSize: basic.max_mr_size,
      pageSizeCap: basic.page_size_cap,
      capabilities: DeviceCapabilities(
        rawValue: raw.device_cap_flags_ex | UInt64(basic.device_cap_flags)
      ),
      atomics: AtomicCapability(basic.atomic_cap),
      onDemand: OnDemandCapabilities(raw),
      limits: DeviceLimits(raw),
      completionVectors: self.raw.pointee.num_comp_vectors
    )
  }
}
