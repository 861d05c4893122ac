import Diagnosis
import Documents
import Glibc
import HostMemory
import LinuxSystem

extension LimitsReport {
  /// Judges whether `bytes` more can be pinned, by the limit, the machine's memory and the rdma control groups.
  ///
  /// `source` is where the limit is from, `devices` are those that it may be registered on.
  func judged(need bytes: UInt64, _ source: MemlockOrigin, on devices: [DeviceTraits]) -> Need {
    let page = UInt64(BasePage.size)
    let charge = (bytes + page - 1) / page * page
    let size = ByteSize.text(bytes)
    if let headroom = headroomBytes, charge > headroom {
      let pinned = UInt64(clamping: pinnedBytes)
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: "
          + Memlock.verdict(limit: memlock.softBytes ?? 0, pinned: pinned),
        setBy: origin.summary,
        remedy: source.remedy(needed: pinned + charge)
      )
    }
    let pinnable = PinnableMemory(ofProcess: pid == getpid() ? nil : pid, on: devices)
    if let bound = pinnable.ofNewMemory, charge > bound.bytes, charge <= memoryTotalBytes {
      let explanation = FailureExplanation.insufficient(bound, missing: charge, ofProcess: pid)
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: \(explanation.brief)",
        detail: explanation.brief == explanation.verdict ? nil : explanation.verdict,
        remedy: explanation.remedy
      )
    }
    if charge > memoryTotalBytes {
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: the machine has \(ByteSize.text(memoryTotalBytes)) of memory"
      )
    }
    if let full = rdmaCgroups.first(where: \.isFull) {
      let group = Explainer(ofProcess: pid).explainControlGroup(on: full.device)
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: \(FailureCause.controlGroup.phrase)",
        detail: "rdma.max of \(full.group) allows no more objects on \(full.device)",
        remedy: group?.remedy
      )
    }
    if let bound = pinnable.ofRegions, charge > bound.bytes {
      let explanation = FailureExplanation.insufficient(bound, missing: charge, ofProcess: pid)
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: \(explanation.verdict)",
        remedy: explanation.remedy
      )
    }
    let pieces = pinnable.ofOneRegion.flatMap { $0.bytes < bytes ? $0 : nil }
      .map { "; on \($0.place) in regions of \(ByteSize.text($0.bytes)) at most" }
    let room = headroomBytes.map { "headroom \(ByteSize.text($0))" } ?? "no limit binds"
    return Need(bytes: bytes, holds: true, reason: "\(size) fit: \(room)\(pieces ?? "")")
  }
}

extension LimitsReport.Need {
  /// The reason; below it who set the limit and the remedy.
  var text: StyledText {
    let lines: [StyledText?] = [
      detail.map { StyledText($0) }, setBy.map { "set by: \($0)" },
      remedy.map { StyledText($0, .strong) },
    ]
    return
      ([StyledText(reason, holds ? .good : .bad)]
      + lines.compactMap(\.self).map { "  \($0)" })
      .printableLines
  }
}
