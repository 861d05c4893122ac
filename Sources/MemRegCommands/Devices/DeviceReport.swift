import Verbs

/// One RDMA device with what matters for registration; claims of the driver and answers to probes apart.
struct DeviceReport: Encodable {
  var name: String
  var characterDevice: String
  var driver: String?
  /// "roce", "ib", "iw", "opa" or "usnic", as the kernel names it.
  var transport: String?
  var firmware: String
  var nodeGuid: String
  var systemImageGuid: String
  var vendorId: UInt32
  var vendorPartId: UInt32
  var hardwareVersion: UInt32
  var maxMrSizeBytes: UInt64
  var pageSizesBytes: [UInt64]
  var capabilities: [String]
  var capabilityFlags: UInt64
  var atomics: String
  var completionVectors: Int32
  var limits: Limits
  var odp: OnDemand
  var probes: Probes
  var ports: [PortReport] = []

  /// The counts of `struct ibv_device_attr`, by their names there.
  struct Limits: Encodable {
    var maxMr: Int32
    var maxMw: Int32
    var maxPd: Int32
    var maxQp: Int32
    var maxQpWr: Int32
    var maxSge: Int32
    var maxSgeRd: Int32
    var maxCq: Int32
    var maxCqe: Int32
    var maxSrq: Int32
    var maxSrqWr: Int32
    var maxSrqSge: Int32
    var maxAh: Int32
    var maxQpRdAtom: Int32
    var maxQpInitRdAtom: Int32
    var maxResRdAtom: Int32
    var maxMcastGrp: Int32
    var maxMcastQpAttach: Int32
    var maxTotalMcastQpAttach: Int32
    var maxPkeys: UInt16
    var localCaAckDelay: UInt8
    var maxDmSizeBytes: UInt64

    init(_ limits: DeviceLimits) {
      maxMr = limits.maxMR
      maxMw = limits.maxMW
      maxPd = limits.maxPD
      maxQp = limits.maxQP
      maxQpWr = limits.maxQPWR
      maxSge = limits.maxSGE
      maxSgeRd = limits.maxSGERead
      maxCq = limits.maxCQ
      maxCqe = limits.maxCQE
      maxSrq = limits.maxSRQ
      maxSrqWr = limits.maxSRQWR
      maxSrqSge = limits.maxSRQSGE
      maxAh = limits.maxAH
      maxQpRdAtom = limits.maxQPReadAtomics
      maxQpInitRdAtom = limits.maxQPInitiatedReadAtomics
      maxResRdAtom = limits.maxDeviceReadAtomics
      maxMcastGrp = limits.maxMulticastGroups
      maxMcastQpAttach = limits.maxMulticastQPAttach
      maxTotalMcastQpAttach = limits.maxTotalMulticastQPAttach
      maxPkeys = limits.maxPKeys
      localCaAckDelay = limits.localCAAckDelay
      maxDmSizeBytes = limits.maxDeviceMemory
    }
  }

  /// On-demand paging as the driver claims it.
  struct OnDemand: Encodable {
    var supported: Bool
    var implicit: Bool
    var rc: [String]
    var uc: [String]
    var ud: [String]
    var xrc: [String]

    init(_ caps: OnDemandCapabilities) {
      supported = caps.isSupported
      implicit = caps.isImplicitSupported
      rc = caps.rc.operationNames
      uc = caps.uc.operationNames
      ud = caps.ud.operationNames
      xrc = caps.xrc.operationNames
    }
  }
}
