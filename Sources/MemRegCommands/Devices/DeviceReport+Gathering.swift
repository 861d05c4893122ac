import Diagnosis
import Documents
import LinuxSystem
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

extension DeviceReport.Limits {
  fileprivate init(_ limits: DeviceLimits) {
    self.init(
      maxMr: limits.maxMR,
      maxMw: limits.maxMW,
      maxPd: limits.maxPD,
      maxQp: limits.maxQP,
      maxQpWr: limits.maxQPWR,
      maxSge: limits.maxSGE,
      maxSgeRd: limits.maxSGERead,
      maxCq: limits.maxCQ,
      maxCqe: limits.maxCQE,
      maxSrq: limits.maxSRQ,
      maxSrqWr: limits.maxSRQWR,
      maxSrqSge: limits.maxSRQSGE,
      maxAh: limits.maxAH,
      maxQpRdAtom: limits.maxQPReadAtomics,
      maxQpInitRdAtom: limits.maxQPInitiatedReadAtomics,
      maxResRdAtom: limits.maxDeviceReadAtomics,
      maxMcastGrp: limits.maxMulticastGroups,
      maxMcastQpAttach: limits.maxMulticastQPAttach,
      maxTotalMcastQpAttach: limits.maxTotalMulticastQPAttach,
      maxPkeys: limits.maxPKeys,
      localCaAckDelay: limits.localCAAckDelay,
      maxDmSizeBytes: limits.maxDeviceMemory
    )
  }
}

extension DeviceReport.OnDemand {
  fileprivate init(_ caps: OnDemandCapabilities) {
    self.init(
      supported: caps.isSupported,
      implicit: caps.isImplicitSupported,
      rc: caps.rc.operationNames,
      uc: caps.uc.operationNames,
      ud: caps.ud.operationNames,
      xrc: caps.xrc.operationNames
    )
  }
}

extension DeviceReport.Probes {
  fileprivate init(_ features: DeviceFeatures) {
    self.init(
      pinned: DeviceReport.Probe(features.pinned),
      remoteWrite: DeviceReport.Probe(features.remote),
      onDemand: DeviceReport.Probe(features.onDemand),
      mwType1: DeviceReport.Probe(features.windowType1),
      mwType2: DeviceReport.Probe(features.windowType2),
      dmabuf: DeviceReport.Probe(features.dmaBuf),
      reregAccess: DeviceReport.Probe(features.reregisterAccess),
      reregPd: DeviceReport.Probe(features.reregisterDomain),
      reregTranslation: DeviceReport.Probe(features.reregisterTranslation),
      reregRoute: features.reregisterRoute?.rawValue
    )
  }
}

extension DeviceReport.Probe {
  fileprivate init(_ result: ProbeResult) {
    switch result {
    case .works: self.init(works: true)
    case .refused(let code): self.init(works: false, errno: code.name)
    case .skipped(let reason): self.init(skipped: reason)
    }
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
