import Diagnosis
import HostMemory
import LinuxSystem
import Measurement
import Report
import Verbs

/// Times what the device needs for one page: pinned, on demand and used before, prefetched, and touched first.
///
/// Every transfer begins at a page's first byte and fits one packet, where on-demand paging is right on every driver.
struct AccessBench: ~Copyable {
  private static let pages = 64
  static let bytes: UInt64 = 64

  private let pair: LoopbackPair
  private let source: HostBuffer
  private let pinned: HostBuffer
  private let paged: HostBuffer
  private let sourceRegion: MemoryRegion
  private let pinnedRegion: MemoryRegion
  private let pagedRegion: MemoryRegion
  private var samples: [BenchReport.Access.State: [UInt64]] = [:]

  init(in domain: ProtectionDomain) throws {
    let length = UInt64(AccessBench.pages * BasePage.size)
    let pair = try LoopbackPair(in: domain)
    let source = try HostBuffer(.anonymous, length: UInt64(BasePage.size))
    let pinned = try HostBuffer(.anonymous, length: length)
    let paged = try HostBuffer(.anonymous, length: length)
    func register(_ range: AddressRange, _ access: AccessFlags) throws(VerbsError) -> MemoryRegion {
      try MemoryRegion(in: domain, address: range.start, length: range.length, access: access)
    }
    let target: AccessFlags = [.localWrite, .remoteWrite]
    let sourceRegion = try register(source.range, .localWrite)
    let pinnedRegion = try register(pinned.range, target)
    let pagedRegion = try register(paged.range, target.union(.onDemand))
    self.pair = pair
    self.source = source
    self.pinned = pinned
    self.paged = paged
    self.sourceRegion = sourceRegion
    self.pinnedRegion = pinnedRegion
    self.pagedRegion = pagedRegion
  }

  /// Takes at least `count` samples of each state, interleaved, and summarises them; stops early if interrupted.
  mutating func run(samples count: Int) throws -> [BenchReport.Access] {
    // The first round of each state pays for what is done once.
    let rounds = 1 + max(1, (count + AccessBench.pages - 1) / AccessBench.pages)
    for round in 0..<rounds where !Interruption.isRequested {
      if round == 1 { samples = [:] }
      try touch(pinned.range, pinnedRegion.rkey, .pinned)
      try paged.discardPages()
      try touch(paged.range, pagedRegion.rkey, .firstTouch)
      try touch(paged.range, pagedRegion.rkey, .warm)
      try paged.discardPages()
      try pagedRegion.prefetch(paged.range, .write, waiting: true)
      try touch(paged.range, pagedRegion.rkey, .prefetched)
    }
    return summaries
  }

  private mutating func touch(
    _ range: AddressRange,
    _ key: UInt32,
    _ state: BenchReport.Access.State
  ) throws {
    let local = AddressRange(start: source.range.start, length: AccessBench.bytes)
    var times: [UInt64] = []
    for page in 0..<UInt64(AccessBench.pages) {
      let address = range.start + page * UInt64(BasePage.size)
      let slice = try sourceRegion.slice(local)
      let request = WorkRequest.write(slice, to: RemoteMemory(address: address, rkey: key))
      let start = MonotonicClock.now
      let status = try pair.requester.perform(request).status
      times.append(MonotonicClock.now - start)
      guard status == .success else {
        throw CommandFailure("RDMA WRITE to a \(state) page ended as \(status)", status: .refused)
      }
    }
    samples[state, default: []] += times
  }

  private var summaries: [BenchReport.Access] {
    let reference = samples[.pinned].flatMap { LatencySummary(of: $0) }?.median ?? 0
    return BenchReport.Access.State.allCases.compactMap { state in
      guard let times = samples[state], let summary = LatencySummary(of: times) else { return nil }
      return BenchReport.Access(
        state: state,
        samples: summary.count,
        minNs: summary.min,
        p50Ns: summary.median,
        p90Ns: summary.p90,
        p99Ns: summary.p99,
        maxNs: summary.max,
        pinnedRatioPpm: reference == 0
          ? 0 : UInt64((Double(summary.median) * 1e6 / Double(reference)).rounded())
      )
    }
  }
}

extension BenchReport {
  /// The table of what the device needs for one page, `nil` where it was not measured.
  var accessText: String? {
    guard let deviceAccess, !deviceAccess.isEmpty else { return nil }
    var table = TextTable([
      ("page", .left), ("samples", .right), ("min", .right), ("p50", .right), ("p90", .right),
      ("p99", .right), ("max", .right), ("of pinned", .right),
    ])
    for access in deviceAccess {
      let times = [access.minNs, access.p50Ns, access.p90Ns, access.p99Ns, access.maxNs]
      table.append(
        [access.state.rawValue, "\(access.samples)"]
          + times.map { DurationText.text(nanoseconds: Double($0)) }
          + [FixedPoint.text(Double(access.pinnedRatioPpm) / 1e6, decimals: 2)]
      )
    }
    let title = "device access: RDMA WRITE of \(AccessBench.bytes) B to the start of a page"
    let warning = onDemandPlacement?.warning.map { "  warning on-demand: \($0)\n" } ?? ""
    return title + "\n" + table.text + warning
  }
}
