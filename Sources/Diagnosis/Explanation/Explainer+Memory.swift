import Glibc
public import HostMemory
import LinuxSystem
import MemoryRegistration

extension Explainer {
  /// A failure that is certain, or that had better not be brought about: `nil` where a trial may be made if it is safe.
  public func forecast(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    if let failure = explainDriverSize(attempt) { return failure }
    // The kernel charges before it brings pages in.
    return isSafe(attempt) ? nil : explainLimit(attempt) ?? explainExhaustion(attempt)
  }

  /// Whether registering the range cannot call the OOM killer: what it brings in is free for sure.
  public func isSafe(_ attempt: RegistrationAttempt) -> Bool {
    attempt.strategy == .odp
      || missingBytes(of: attempt.range) <= PinnableMemory(ofProcess: pid).safePageBytes
  }

  /// Memory that the registration must bring in and that is unavailable.
  func explainExhaustion(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy != .odp else { return nil }
    let missing = missingBytes(of: attempt.range)
    let pinnable = PinnableMemory(ofProcess: pid)
    guard let bound = pinnable.ofPages, missing > bound.bytes else { return nil }
    return .insufficient(bound, missing: missing, ofProcess: pid)
  }

  /// Bytes of the range that registering it would bring in, or move out of ZONE_MOVABLE as far as it shows; huge pages
  /// are taken from their pool at mmap.
  func missingBytes(of range: AddressRange) -> UInt64 {
    guard
      let areas = try? VirtualMemoryArea.overlapping(range, ofProcess: pid, detail: .smaps),
      let map = try? PageMap(ofProcess: pid)
    else { return range.length }
    let page = UInt64(BasePage.size)
    let movable = MovableZone.frames
    var missing: UInt64 = 0
    for area in areas where !area.has(.hugetlb) {
      let start = max(range.start / page * page, area.range.start)
      let part = AddressRange(start: start, length: min(range.end, area.range.end) - start)
      var absent: [UInt64] = []
      try? map.forEach(in: part) { address, entry in
        if !entry.isPresent {
          absent.append(address)
        } else if let frame = entry.frame, movable.contains(where: { $0.contains(frame) }) {
          missing += page
        }
      }
      let isCached = area.isShared ? cachedPages(of: part) : []
      for address in absent {
        let index = Int((address - part.start) / page)
        if index >= isCached.count || !isCached[index] { missing += page }
      }
    }
    return missing
  }

  // Pages of a shared file or of shared memory that are in the page cache and only want to be mapped.
  private func cachedPages(of range: AddressRange) -> [Bool] {
    guard pid == nil || pid == getpid() else { return [] }
    var pages = [UInt8](repeating: 0, count: Int(range.pages))
    let address = unsafe UnsafeMutableRawPointer(bitPattern: UInt(range.start))
    guard unsafe mincore(address, Int(range.length), &pages) == 0 else { return [] }
    return pages.map { $0 & 1 == 1 }
  }
}

extension FailureExplanation {
  /// Huge pages cannot be had for the reason of `shortage`.
  public static func shortage(
    _ shortage: HugePageShortage,
    evidence: [String] = []
  ) -> FailureExplanation {
    FailureExplanation(
      shortage.kind == .controlGroup ? .hugetlbControlGroup : .hugetlbPool,
      shortage.reason,
      evidence: evidence,
      remedy: shortage.remedy
    )
  }

  /// `missing` bytes are more than `bound` lets be brought in.
  public static func insufficient(
    _ bound: PinBound,
    missing: UInt64,
    ofProcess pid: Int32? = nil
  ) -> FailureExplanation {
    let room = SizeText.text(bound.bytes)
    let limit = bound.limitBytes.map(SizeText.text) ?? "no limit"
    let used = bound.usedBytes.map(SizeText.text) ?? "0 B"
    switch bound.kind {
    case .memoryControlGroup:
      return FailureExplanation(
        .memoryControlGroup,
        "memory control group \(bound.place) is limited to \(limit) and uses \(used): \(room) can be pinned",
        evidence: ["\(bound.setting ?? "memory.max") is \(limit); more would call the OOM killer"],
        remedy: PinBound.groupRemedy(bound, adding: missing)
      )
    case .addressSpace, .dataSize:
      let (name, option) =
        bound.kind == .addressSpace ? ("the address space", "as") : ("private memory", "data")
      return FailureExplanation(
        .addressSpaceLimit,
        "the limit on \(name) (\(bound.place)) is \(limit), \(used) are mapped",
        remedy: "prlimit --pid $$ --\(option)=unlimited    # as root, for this shell"
      )
    case .commitLimit:
      return FailureExplanation(
        .commitLimit,
        "vm.overcommit_memory is 2: the machine may promise \(limit), \(used) are promised",
        remedy: "sysctl vm.overcommit_memory=0    # as root; or raise vm.overcommit_ratio"
      )
    case .regions, .regionSize:
      let count = bound.usedCount.map { " and has \($0)" } ?? ""
      return FailureExplanation(
        .deviceLimit,
        "\(bound.place) allows \(bound.limitCount.map { "\($0) regions" } ?? "\(room) in one region") "
          + "(\(bound.setting ?? "max_mr"))\(count)",
        remedy: bound.kind == .regionSize
          ? "register the memory in regions of \(room) or less"
          : "rdma resource show mr dev \(bound.place)    # shows who has them; register fewer, larger regions"
      )
    case .objects, .contexts, .mappings, .hugetlbControlGroup: return .full(bound)
    case .memory, .memlock:
      let zones = PinnableZones(ofProcess: pid)
      let apart = [(zones.movable, "ZONE_MOVABLE"), (zones.contiguous, "CMA")]
        .filter { $0.0 > 0 }.map { "\(SizeText.text($0.0)) of \($0.1)" }
      let barred =
        apart.isEmpty ? "" : "; long-term pins cannot use \(apart.joined(separator: " and "))"
      let available = (try? MemoryInfo())?.available
      return FailureExplanation(
        .memoryExhausted,
        "this machine has \(room) of memory that can be pinned\(barred)",
        evidence: ["MemAvailable is \(available.map(SizeText.text) ?? "unknown")"],
        remedy: apart.isEmpty
          ? "free memory, or register less of it"
          : "free memory, register less of it, or boot with a smaller movablecore= or cma="
      )
    }
  }
}

extension PinBound {
  /// How the limit of a memory control group is raised where it is set.
  fileprivate static func groupRemedy(
    _ bound: PinBound,
    adding bytes: UInt64
  ) -> String {
    let lacking = bytes - min(bytes, bound.bytes)
    let limit = ((bound.limitBytes ?? 0) + lacking) >> 20 + 8
    if bound.place.contains("kubepods") {
      return "raise resources.limits.memory of the pod to \(limit)Mi"
    }
    if bound.place.contains("slurm") {
      return "sbatch --mem=\(limit)M    # before the other options"
    }
    let unit = ControlGroup(path: bound.place).components.last
    let kind = unit?.split(scalar: ".").last
    if let unit, ["service", "scope", "slice"].contains(kind) {
      return "systemctl set-property \(unit) MemoryMax=\(limit)M    # as root"
    }
    return "echo \(limit)M >\(bound.setting ?? "memory.max")    # as root"
  }
}
