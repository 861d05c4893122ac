import HostMemory
import LinuxSystem
package import Verbs

/// Times what the device needs for one page: pinned, on demand and used before, prefetched, and touched first.
///
/// Every transfer begins at a page's first byte and fits one packet, where on-demand paging is right on every driver.
package struct AccessBench: ~Copyable {
  /// How the device knows a page.
  package enum State: String, Codable, CaseIterable, Sendable {
    case pinned
    /// The device has used the page before.
    case warm
    /// A prefetch for writing has brought the page in.
    case prefetched
    /// The page is not there: the device waits for the fault.
    case firstTouch = "first_touch"
  }

  private static let pages = 64
  /// Bytes of one transfer.
  package static let bytes: UInt64 = 64

  private let pair: LoopbackPair
  private let source: HostBuffer
  private let pinned: HostBuffer
  private let paged: HostBuffer
  private let sourceRegion: MemoryRegion
  private let pinnedRegion: MemoryRegion
  private let pagedRegion: MemoryRegion
  private var samples: [State: [UInt64]] = [:]

  /// Maps and registers the memory; `domain` is one of a device with an active port.
  package init(in domain: ProtectionDomain) throws {
    let length = UInt64(AccessBench.pages * BasePage.size)
    let pair = try LoopbackPair(in: domain)
    let source = try HostBuffer(.anonymous, length: UInt64(BasePage.size))
    let pinned = try HostBuffer(.anonymous, length: length)
    let paged = try HostBuffer(.anonymous, length: length)
    func register(_ range: AddressRange, _ access: AccessFlags) throws(VerbsError) -> MemoryRegion {
      try MemoryRegion(in: domain, range: range, access: access)
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

  /// Takes at least `count` samples of each state, interleaved; stops early if interrupted. Nanoseconds by state.
  package mutating func run(samples count: Int) throws -> [State: [UInt64]] {
    // The first round of each state pays for what is done once.
    let rounds = 1 + max(1, (count + AccessBench.pages - 1) / AccessBench.pages)
    for round in 0..<rounds {
      if Interruption.isRequested { break }
      if round == 1 { samples = [:] }
      try touch(pinned.range, pinnedRegion.rkey, .pinned)
      try paged.discardPages()
      try touch(paged.range, pagedRegion.rkey, .firstTouch)
      try touch(paged.range, pagedRegion.rkey, .warm)
      try paged.discardPages()
      try pagedRegion.prefetch(paged.range, .write, waiting: true)
      try touch(paged.range, pagedRegion.rkey, .prefetched)
    }
    return samples
  }

  private mutating func touch(
    _ range: AddressRange,
    _ key: UInt32,
    _ state: State
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
        throw AccessFailure(state: state, status: status)
      }
    }
    samples[state, default: []] += times
  }
}
