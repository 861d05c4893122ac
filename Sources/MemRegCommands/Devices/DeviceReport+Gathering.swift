import Diagnosis
import Verbs

extension DeviceReport {
  init(
    _ device: Device,
    _ attributes: DeviceAttributes,
    _ features: DeviceFeatures,
    _ kernel: KernelView
  ) {
    self.init(
      name: device.name,
      characterDevice: device.characterDevice,
      driver: device.driver ?? kernel.driver,
      transport: kernel.transport,
      firmware: attributes.firmware,
      nodeGuid: attributes.nodeGUID.description,
      systemImageGuid: attributes.systemImageGUID.description,
      vendorId: attributes.vendorID,
      vendorPartId: attributes.vendorPartID,
      hardwareVersion: attributes.hardwareVersion,
      maxMrSizeBytes: attributes.maxMRSize,
      pageSizesBytes: attributes.pageSizes,
      capabilities: attributes.capabilities.featureNames,
      capabilityFlags: attributes.capabilities.rawValue,
      atomics: attributes.atomics.rawValue,
      completionVectors: attributes.completionVectors,
      limits: Limits(attributes.limits),
      odp: OnDemand(attributes.onDemand),
      probes: Probes(features)
    )
  }
}

extension PortReport {
  init(_ port: PortAttributes, gids: [GIDEntry], _ kernel: KernelView) {
    self.init(
      port: port.number,
      state: port.state.description,
      physicalState: port.physicalState,
      linkLayer: port.linkLayer.rawValue,
      netdev: kernel.netdev(ofPort: port.number),
      rateMbps: port.rateMegabits,
      activeWidth: port.activeWidth,
      activeSpeed: port.activeSpeed,
      maxMtuBytes: port.maxMTU,
      activeMtuBytes: port.activeMTU,
      maxMessageBytes: port.maxMessageSize,
      lid: port.lid,
      smLid: port.subnetManagerLID,
      lmc: port.lmc,
      portCapFlags: port.capabilityFlags,
      portCapFlags2: port.capabilityFlags2,
      maxVlNum: port.maxVirtualLanes,
      badPkeyCntr: port.badPKeys,
      qkeyViolCntr: port.qKeyViolations,
      smSl: port.subnetManagerSL,
      pkeyTblLen: port.pkeyTableLength,
      gidTblLen: port.gidTableLength,
      subnetTimeout: port.subnetTimeout,
      initTypeReply: port.initTypeReply,
      gids: gids.filter { $0.port == UInt32(port.number) }.map { GIDReport($0) }
    )
  }
}

extension PortReport.GIDReport {
  init(_ entry: GIDEntry) {
    self.init(
      index: entry.index,
      gid: entry.gid.description,
      type: entry.type.description,
      ipv4: entry.gid.mappedIPv4,
      netdev: KernelView.interfaceName(entry.netdevIndex)
    )
  }
}
