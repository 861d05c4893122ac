/// One RDMA device with what matters for registration; claims of the driver and answers to probes apart.
package struct DeviceReport: Codable, Equatable, Sendable {
  package var name: String
  package var characterDevice: String
  package var driver: String?
  /// "roce", "ib", "iw", "opa" or "usnic", as the kernel names it.
  package var transport: String?
  package var firmware: String
  package var nodeGuid: String
  package var systemImageGuid: String
  package var vendorId: UInt32
  package var vendorPartId: UInt32
  package var hardwareVersion: UInt32
  package var maxMrSizeBytes: UInt64
  package var pageSizesBytes: [UInt64]
  package var capabilities: [String]
  package var capabilityFlags: UInt64
  package var atomics: String
  package var completionVectors: Int32
  package var limits: Limits
  package var odp: OnDemand
  package var probes: Probes
  package var ports: [PortReport]

  package init(
    name: String,
    characterDevice: String,
    driver: String?,
    transport: String?,
    firmware: String,
    nodeGuid: String,
    systemImageGuid: String,
    vendorId: UInt32,
    vendorPartId: UInt32,
    hardwareVersion: UInt32,
    maxMrSizeBytes: UInt64,
    pageSizesBytes: [UInt64],
    capabilities: [String],
    capabilityFlags: UInt64,
    atomics: String,
    completionVectors: Int32,
    limits: Limits,
    odp: OnDemand,
    probes: Probes,
    ports: [PortReport] = []
  ) {
    (self.name, self.characterDevice, self.driver) = (name, characterDevice, driver)
    (self.transport, self.firmware, self.nodeGuid) = (transport, firmware, nodeGuid)
    (self.systemImageGuid, self.vendorId) = (systemImageGuid, vendorId)
    (self.vendorPartId, self.hardwareVersion) = (vendorPartId, hardwareVersion)
    (self.maxMrSizeBytes, self.pageSizesBytes) = (maxMrSizeBytes, pageSizesBytes)
    (self.capabilities, self.capabilityFlags) = (capabilities, capabilityFlags)
    (self.atomics, self.completionVectors, self.limits) = (atomics, completionVectors, limits)
    (self.odp, self.probes, self.ports) = (odp, probes, ports)
  }

  /// The counts of `struct ibv_device_attr`, by their names there.
  package struct Limits: Codable, Equatable, Sendable {
    package var maxMr: Int32
    package var maxMw: Int32
    package var maxPd: Int32
    package var maxQp: Int32
    package var maxQpWr: Int32
    package var maxSge: Int32
    package var maxSgeRd: Int32
    package var maxCq: Int32
    package var maxCqe: Int32
    package var maxSrq: Int32
    package var maxSrqWr: Int32
    package var maxSrqSge: Int32
    package var maxAh: Int32
    package var maxQpRdAtom: Int32
    package var maxQpInitRdAtom: Int32
    package var maxResRdAtom: Int32
    package var maxMcastGrp: Int32
    package var maxMcastQpAttach: Int32
    package var maxTotalMcastQpAttach: Int32
    package var maxPkeys: UInt16
    package var localCaAckDelay: UInt8
    package var maxDmSizeBytes: UInt64

    package init(
      maxMr: Int32,
      maxMw: Int32,
      maxPd: Int32,
      maxQp: Int32,
      maxQpWr: Int32,
      maxSge: Int32,
      maxSgeRd: Int32,
      maxCq: Int32,
      maxCqe: Int32,
      maxSrq: Int32,
      maxSrqWr: Int32,
      maxSrqSge: Int32,
      maxAh: Int32,
      maxQpRdAtom: Int32,
      maxQpInitRdAtom: Int32,
      maxResRdAtom: Int32,
      maxMcastGrp: Int32,
      maxMcastQpAttach: Int32,
      maxTotalMcastQpAttach: Int32,
      maxPkeys: UInt16,
      localCaAckDelay: UInt8,
      maxDmSizeBytes: UInt64
    ) {
      (self.maxMr, self.maxMw, self.maxPd, self.maxQp) = (maxMr, maxMw, maxPd, maxQp)
      (self.maxQpWr, self.maxSge, self.maxSgeRd, self.maxCq) = (maxQpWr, maxSge, maxSgeRd, maxCq)
      (self.maxCqe, self.maxSrq, self.maxSrqWr) = (maxCqe, maxSrq, maxSrqWr)
      (self.maxSrqSge, self.maxAh, self.maxQpRdAtom) = (maxSrqSge, maxAh, maxQpRdAtom)
      (self.maxQpInitRdAtom, self.maxResRdAtom) = (maxQpInitRdAtom, maxResRdAtom)
      (self.maxMcastGrp, self.maxMcastQpAttach) = (maxMcastGrp, maxMcastQpAttach)
      (self.maxTotalMcastQpAttach, self.maxPkeys) = (maxTotalMcastQpAttach, maxPkeys)
      (self.localCaAckDelay, self.maxDmSizeBytes) = (localCaAckDelay, maxDmSizeBytes)
    }
  }

  /// On-demand paging as the driver claims it.
  package struct OnDemand: Codable, Equatable, Sendable {
    package var supported: Bool
    package var implicit: Bool
    package var rc: [String]
    package var uc: [String]
    package var ud: [String]
    package var xrc: [String]

    package init(
      supported: Bool,
      implicit: Bool,
      rc: [String],
      uc: [String],
      ud: [String],
      xrc: [String]
    ) {
      (self.supported, self.implicit, self.rc, self.uc) = (supported, implicit, rc, uc)
      (self.ud, self.xrc) = (ud, xrc)
    }
  }
}
