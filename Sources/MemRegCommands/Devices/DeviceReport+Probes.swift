import Diagnosis
import LinuxSystem
import Verbs

extension DeviceReport {
  /// The answers of the device, by what was attempted.
  struct Probes: Encodable {
    var pinned: Probe
    var remoteWrite: Probe
    var onDemand: Probe
    var mwType1: Probe
    var mwType2: Probe
    var dmabuf: Probe
    var reregAccess: Probe
    var reregPd: Probe
    var reregTranslation: Probe
    /// "provider" for `ibv_rereg_mr`, "kernel" where only the kernel's own command works.
    var reregRoute: String?
    /// Where on-demand transfers put their bytes: "right", "offset_dropped" or "elsewhere", found by moving some.
    var onDemandPlacement: OnDemandPlacement?

    init(_ features: DeviceFeatures) {
      pinned = Probe(features.pinned)
      remoteWrite = Probe(features.remote)
      onDemand = Probe(features.onDemand)
      mwType1 = Probe(features.windowType1)
      mwType2 = Probe(features.windowType2)
      dmabuf = Probe(features.dmaBuf)
      reregAccess = Probe(features.reregisterAccess)
      reregPd = Probe(features.reregisterDomain)
      reregTranslation = Probe(features.reregisterTranslation)
      reregRoute = features.reregisterRoute?.rawValue
    }

    /// Each probe with its name for people.
    var named: [(name: String, probe: Probe)] {
      [
        ("pinned", pinned), ("remote write", remoteWrite), ("on-demand", onDemand),
        ("mw type 1", mwType1), ("mw type 2", mwType2), ("dma-buf", dmabuf),
        ("rereg access", reregAccess), ("rereg pd", reregPd),
        ("rereg translation", reregTranslation),
      ]
    }
  }

  /// One answer: `works`, or the name of the errno, or why nobody asked.
  struct Probe: Encodable {
    var works: Bool?
    var errno: String?
    var skipped: String?

    init(_ result: ProbeResult) {
      switch result {
      case .works: works = true
      case .refused(let code):
        works = false
        errno = code.name
      case .skipped(let reason): skipped = reason
      }
    }
  }
}
