package import Diagnosis

extension DeviceReport {
  /// The answers of the device, by what was attempted.
  package struct Probes: Codable, Equatable, Sendable {
    package var pinned: Probe
    package var remoteWrite: Probe
    package var onDemand: Probe
    package var mwType1: Probe
    package var mwType2: Probe
    package var dmabuf: Probe
    package var reregAccess: Probe
    package var reregPd: Probe
    package var reregTranslation: Probe
    /// "provider" for `ibv_rereg_mr`, "kernel" where only the kernel's own command works.
    package var reregRoute: String?
    /// Where on-demand transfers put their bytes: "right", "offset_dropped" or "elsewhere", found by moving some.
    package var onDemandPlacement: OnDemandPlacement?

    package init(
      pinned: Probe,
      remoteWrite: Probe,
      onDemand: Probe,
      mwType1: Probe,
      mwType2: Probe,
      dmabuf: Probe,
      reregAccess: Probe,
      reregPd: Probe,
      reregTranslation: Probe,
      reregRoute: String?,
      onDemandPlacement: OnDemandPlacement? = nil
    ) {
      (self.pinned, self.remoteWrite, self.onDemand) = (pinned, remoteWrite, onDemand)
      (self.mwType1, self.mwType2, self.dmabuf) = (mwType1, mwType2, dmabuf)
      (self.reregAccess, self.reregPd) = (reregAccess, reregPd)
      (self.reregTranslation, self.reregRoute) = (reregTranslation, reregRoute)
      self.onDemandPlacement = onDemandPlacement
    }
  }

  /// One answer: `works`, or the name of the errno, or why nobody asked.
  package struct Probe: Codable, Equatable, Sendable {
    package var works: Bool?
    package var errno: String?
    package var skipped: String?

    package init(
      works: Bool? = nil,
      errno: String? = nil,
      skipped: String? = nil
    ) {
      (self.works, self.errno, self.skipped) = (works, errno, skipped)
    }
  }
}
