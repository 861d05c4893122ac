import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

extension Catalogue {
  /// The coherence matrix through the registration cache, and what else the cache promises about memory that changes.
  static let invalidation: [Check] =
    CoherenceCell.all
    .filter { $0.registration == .cache && $0.notApplicable == nil }
    .map { cell in
      Check(
        "invalidation.\(cell.operation.rawValue)-of-\(cell.memory.rawValue)",
        "After this the cache lends no region of pages that the CPU does not see: "
          + "\(cell.operation.summary).",
        needs: cell.changes.map { .change($0) },
        // ksmd runs for all of the system.
        scope: cell.operation == .merge ? .system : .process,
        timeLimitSeconds: 180,
        isLong: cell.memory != .anonymous
      ) { try $0.stage([cell]) }
    } + invalidationInUse

  /// A check of a cache, with a device that goes through its regions.
  private static func throughCache(
    _ name: String,
    _ promise: String,
    _ body: @escaping @Sendable (CheckContext, CacheExperiment) throws -> Void
  ) -> Check {
    Check(name, promise) { context in try body(context, try CacheExperiment(context)) }
  }

  private static let invalidationInUse: [Check] = [
    throughCache(
      "invalidation.serves-hits-while-nothing-changes",
      "While the memory stays as it is, one registration serves every request for it."
    ) { context, experiment in
      let (area, before) = try context.memory(pages: 16, filled: true)
      context.hasAttempted = true
      for page in 0..<16 {
        let range = AddressRange(start: area.range.start, length: area.range.length)
        let part = AddressRange(start: range.start + UInt64(page) * Area.page, length: 1)
        try experiment.cache.get(page % 2 == 0 ? range : part, access: .full).put()
      }
      try context.expect("registrations", experiment.cache.statistics.misses, 1)
      try context.expect("hits", experiment.cache.statistics.hits, 15)
      try context.expect("one region kept", since: before, pages: 16)
      try experiment.cache.purge()
    },
    throughCache(
      "invalidation.a-region-in-use-lives-until-it-is-put",
      "A region whose memory is unmapped while it is in use stays the old pages', is lent to nobody "
        + "else, and is deregistered at its last put."
    ) { context, experiment in
      let (area, before) = try context.memory(pages: 4, filled: true)
      let held = try experiment.cache.get(area.range, access: .full)
      let bytes = experiment.view.read(experiment.probe(area.range.start))
      try area.unmap()
      let second = try Area(pages: 4, at: area.range.start)
      second.fill()
      let answer = try experiment.device.read(area.range.start, key: held.rkey)
      try context.expect("status of a read by the old key", answer.status, .success)
      try context.expect("bytes of the old pages", answer.bytes, bytes)
      try context.expect("the old region may be lent", held.isValid, false)
      let fresh = try experiment.cache.get(second.range, access: .full)
      try context.expect("the new region has a key of its own", fresh.rkey != held.rkey, true)
      try context.expect("both in use", since: before, pages: 8)
      held.put()
      try context.expect("the old one put", since: before, pages: 4)
      fresh.put()
      try experiment.cache.purge()
      try context.expect("purged", since: before, pages: 0)
    },
    throughCache(
      "invalidation.deregisters-without-being-called",
      "Idle regions of unmapped memory are deregistered though nobody calls the cache."
    ) { context, experiment in
      let (area, before) = try context.memory(pages: 64, filled: true)
      context.hasAttempted = true
      for page in 0..<64 {
        let range = AddressRange(start: area.range.start + UInt64(page) * Area.page, length: 1)
        try experiment.cache.get(range, access: .full).put()
      }
      try context.expect("64 regions kept", since: before, pages: 64)
      try area.unmap()
      // Bounded: the thread that deregisters has nothing else to do.
      for _ in 0..<1000 where try context.look().charged != before.charged { usleep(10_000) }
      try context.expect("unmapped", since: before, pages: 0)
    },
    Check(
      "invalidation.two-caches-share-one-userfaultfd",
      "All caches of a process watch its memory by one userfaultfd, which goes with the last of them."
    ) { context in
      let area = try Area(pages: 2)
      area.fill()
      try context.expect("before", CacheExperiment.userfaults, 0)
      do {
        let (one, two) = (try CacheExperiment(context), try CacheExperiment(context))
        let before = try context.look()
        context.hasAttempted = true
        try one.cache.get(area.range, access: .full).put()
        try two.cache.get(area.range, access: .remoteRead).put()
        try context.expect("two caches", CacheExperiment.userfaults, 1)
        try context.expect("a region in each", since: before, pages: 4)
        try one.cache.purge()
        try two.cache.purge()
      }
      for _ in 0..<1000 where CacheExperiment.userfaults > 0 { usleep(10_000) }
      try context.expect("no cache left", CacheExperiment.userfaults, 0)
    },
  ]
}

/// A registration cache over a protection domain, and a device that reads and writes through its regions.
final class CacheExperiment {
  let cache: RegistrationCache
  let device: CellDevice
  let view: ProcessorView

  init(_ context: CheckContext) throws {
    let domain = try context.domain
    device = try CellDevice(in: domain)
    view = try ProcessorView()
    cache = try Skip.whereUnmonitored { () throws(CacheError) in
      try RegistrationCache(of: VerbsStrategy(in: domain))
    }
  }

  /// The userfaultfds that this process has open.
  static var userfaults: Int {
    Directory.names(in: "/proc/self/fd")
      .count { SymbolicLink.target(of: "/proc/self/fd/\($0)")?.contains("userfaultfd") ?? false }
  }

  func probe(_ address: UInt64) -> AddressRange {
    AddressRange(start: address, length: UInt64(ProbePattern.length))
  }
}
