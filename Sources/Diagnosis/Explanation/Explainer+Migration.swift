import HostMemory
import LinuxSystem
import MemoryRegistration

extension Explainer {
  /// ENOMEM of these pages and not of others: the same registration of fresh memory tells the memory's fault from the
  /// system's.
  func explainByFreshMemory(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard let probe, attempt.range.length > 0,
      attempt.range.length <= PinnableMemory(ofProcess: pid).safePageBytes
    else { return nil }
    let fresh = probe.attemptFreshMemory(length: attempt.range.length, access: attempt.access)
    if fresh == .works {
      return migration(evidence: ["fresh memory of the same size can be registered"])
    }
    return fresh == .refused(.ENOMEM) ? explainDeviceRefusal(attempt) : nil
  }

  /// ENOMEM where nothing may be tried, of another process for instance: pages that had to be moved, as all else that
  /// is looked at has room.
  func explainUnmoved(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard probe == nil, attempt.strategy != .odp, attempt.range.length > 0,
      let map = try? PageMap(ofProcess: pid)
    else { return nil }
    let movable = MovableZone.frames
    var (present, shown, within) = (0, 0, 0)
    try? map.forEach(in: attempt.range) { _, entry in
      guard entry.isPresent else { return }
      present += 1
      guard let frame = entry.frame else { return }
      shown += 1
      if movable.contains(where: { $0.contains(frame) }) { within += 1 }
    }
    guard present > 0 else { return nil }
    // Which frames are of CMA is shown nowhere.
    guard shown == 0 || within > 0 || PinnableZones().contiguous > 0 else { return nil }
    return migration(
      evidence: [
        shown == 0
          ? "where the pages lie is shown to root alone"
          : "\(within) of \(present) pages lie in ZONE_MOVABLE",
        "limits, groups, mappings and memory leave room for it",
      ]
    )
  }

  private func migration(evidence: [String]) -> FailureExplanation? {
    let zones = PinnableZones()
    let places = [(zones.contiguous, "CMA"), (zones.movable, "ZONE_MOVABLE")].filter { $0.0 > 0 }
    guard !places.isEmpty else { return nil }
    return .migration(
      from: places.map(\.1),
      evidence: places.map { "\($0.1) has \(SizeText.text($0.0))" } + evidence
    )
  }
}

extension FailureExplanation {
  /// Pages could not leave `places` to be pinned.
  static func migration(from places: [String], evidence: [String] = []) -> FailureExplanation {
    FailureExplanation(
      .migration,
      "pages of this memory lie in \(places.joined(separator: " or ")), must leave it "
        + "before they are pinned, and could not be migrated",
      evidence: evidence,
      remedy:
        "register other memory, or keep what holds these pages (page cache under I/O, other "
        + "pins) away; a kernel without movable memory needs no migration"
    )
  }
}
