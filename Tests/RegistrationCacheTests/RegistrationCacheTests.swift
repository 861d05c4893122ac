import Glibc
import HostMemory
import LinuxSystem
import Measurement
import Randomness
import Synchronization
import Testing
import Verbs

@testable import MemoryRegistration
@testable import RegistrationCache

@Suite struct `A registration cache` {
  @Test func `serves a second request from the first registration`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    let first = try cache.get(.pages(0, 4), access: [.localWrite])
    let key = first.lkey
    first.put()
    let second = try cache.get(.pages(0, 4), access: [.localWrite])
    #expect(second.lkey == key)
    second.put()
    #expect(backend.registeredCount == 1)
    #expect(cache.statistics.hits == 1)
    #expect(cache.statistics.misses == 1)
  }

  @Test func `serves every part of a region, and whole pages only`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(3, 13), access: []).put()
    for first in UInt64(3)..<16 {
      for count in 1...(16 - first) { try cache.get(.pages(first, count), access: []).put() }
    }
    let odd = AddressRange(start: AddressRange.pages(5, 1).start + 100, length: 5000)
    let region = try cache.get(odd, access: [])
    #expect(region.range == .pages(3, 13))
    region.put()
    #expect(backend.registeredCount == 1)
    try cache.get(.pages(15, 2), access: []).put()
    #expect(backend.registeredCount == 2)
  }

  @Test func `serves a list of ranges, each from a region that holds it`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    let ranges = (0..<16).map { AddressRange.pages(4 * $0, 2) }
    for _ in 0..<2 {
      var seen: [Int] = []
      try cache.get(ranges, access: [.localWrite]) { index, region in
        seen.append(index)
        #expect(region.range == ranges[index])
        region.put()
      }
      #expect(seen == Array(0..<16))
    }
    #expect(backend.registeredCount == 16)
    #expect(cache.statistics.hits == 16)
    var received = 0
    let broken = [ranges[0], AddressRange(start: 4096, length: 0), ranges[1]]
    #expect(throws: CacheError.self) {
      try cache.get(broken, access: [.localWrite]) { _, region in
        received += 1
        region.put()
      }
    }
    #expect(received == 1)
    #expect(cache.statistics.regionsInUse == 0)
  }

  @Test(arguments: [1, 7, 1000, 30_000])
  func `finds each of many regions of many sizes`(count: UInt64) throws {
    let (cache, backend) = try RegistrationCache.counting()
    var start: UInt64 = 0
    var ranges: [AddressRange] = []
    for index in 0..<count {
      let length = index % 97 == 0 ? 513 : 1 + index % 5
      ranges.append(.pages(start, length))
      start += length + index % 3
    }
    for range in ranges { try cache.get(range, access: [.localWrite]).put() }
    for range in ranges.reversed() {
      let region = try cache.get(range, access: [])
      #expect(region.range.start <= range.start && region.range.end >= range.end)
      region.put()
    }
    #expect(backend.registeredCount == Int(count))
    #expect(cache.statistics.hits == count)
    #expect(cache.statistics.regions == Int(count))
  }

  @Test func `does not serve an access that the region lacks, and widens it`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(0, 4), access: []).put()
    let writable = try cache.get(.pages(0, 4), access: [.localWrite, .remoteWrite])
    #expect(writable.access == [.localWrite, .remoteWrite])
    writable.put()
    try cache.get(.pages(0, 4), access: [.localWrite]).put()
    try cache.synchronize()
    #expect(backend.registeredCount == 2)
    #expect(backend.liveCount == 1)
    #expect(cache.statistics.merges == 1)
  }

  @Test func `tells flags that change the meaning apart exactly`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(0, 4), access: [.localWrite, .relaxedOrdering]).put()
    try cache.get(.pages(0, 1), access: [.localWrite]).put()
    #expect(backend.registeredCount == 2)
  }

  @Test func `merges a region most of which is asked for again`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(0, 4), access: [.remoteRead]).put()
    let merged = try cache.get(.pages(2, 6), access: [.remoteRead, .localWrite])
    #expect(merged.range == .pages(0, 8))
    #expect(merged.access == [.remoteRead, .localWrite])
    merged.put()
    try cache.synchronize()
    #expect(backend.liveBytes == 8 * 4096)
  }

  @Test func `opens no page to a peer in a way that was not asked for that page`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    let remote: AccessFlags = [.localWrite, .remoteWrite]
    try cache.get(.pages(0, 8), access: remote).put()
    let read = try cache.get(.pages(4, 8), access: [])
    #expect(read.access.isDisjoint(with: remote))
    #expect(read.range == .pages(4, 8))
    read.put()
    // What lies in what was asked for both ways is served by the one that allows both.
    try cache.get(.pages(4, 4), access: remote).put()
    try cache.get(.pages(8, 4), access: []).put()
    #expect(backend.registeredCount == 2)
    var random = SplitMix64(seed: TestSeed.value)
    let rights: [AccessFlags] = [
      [], [.remoteRead], [.localWrite], remote, [.remoteRead, .localWrite],
    ]
    var asked = [AccessFlags](repeating: [], count: 64)
    for page in 0..<8 { asked[page].formUnion(remote) }
    for _ in 0..<5000 {
      let first = UInt64.random(in: 0..<60, using: &random)
      let count = UInt64.random(in: 1...4, using: &random)
      let access = rights[Int.random(in: 0..<rights.count, using: &random)]
      for page in first..<(first + count) { asked[Int(page)].formUnion(access) }
      let region = try cache.get(.pages(first, count), access: access)
      #expect(region.access.isSuperset(of: access))
      let start = Int((region.range.start - AddressRange.pages(0, 1).start) / 4096)
      let pages = start..<(start + Int(region.range.length / 4096))
      let peers = region.access.subtracting([.localWrite])
      for page in pages { #expect(asked[page].isSuperset(of: peers)) }
      region.put()
    }
  }

  @Test func `keeps kinds of registrations apart, and each of them`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    for _ in 0..<1000 {
      let relaxed = try cache.get(.pages(0, 16), access: [.localWrite, .relaxedOrdering])
      #expect(relaxed.access == [.localWrite, .relaxedOrdering])
      relaxed.put()
      let strict = try cache.get(.pages(0, 16), access: [.localWrite])
      #expect(strict.access == [.localWrite])
      strict.put()
      let onDemand = try cache.get(.pages(0, 8), access: [.localWrite, .onDemand])
      #expect(onDemand.access == [.localWrite, .onDemand])
      onDemand.put()
    }
    #expect(backend.registeredCount == 3)
  }

  @Test func `leaves regions alone that only touch or share little`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(0, 8), access: []).put()
    let next = try cache.get(.pages(8, 8), access: [])
    #expect(next.range == .pages(8, 8))
    next.put()
    let little = try cache.get(.pages(15, 9), access: [])
    #expect(little.range == .pages(15, 9))
    little.put()
    #expect(backend.liveCount == 3)
  }

  @Test func `registers what was asked for alone where the merged range is refused`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    try cache.get(.pages(0, 4), access: []).put()
    // The old pages have become read-only: the kernel refuses to pin them for writing.
    backend.state.withLock {
      $0.refuses = { range, access in
        range.start < AddressRange.pages(2, 1).start && access.contains(.localWrite) ? .EFAULT : nil
      }
    }
    let region = try cache.get(.pages(2, 4), access: [.localWrite])
    #expect(region.range == .pages(2, 4))
    #expect(region.access == [.localWrite])
    region.put()
  }

  @Test(arguments: [Errno.EIO, .ENODEV])
  func `hands nothing out once a registration has found the device removed`(code: Errno) throws {
    let (cache, backend) = try RegistrationCache.counting()
    for page in 0..<UInt64(8) { try cache.get(.pages(2 * page, 1), access: []).put() }
    backend.state.withLock { $0.refuses = { _, _ in code } }
    try cache.get(.pages(0, 1), access: []).put()
    #expect(throws: CacheError.self) { _ = try cache.get(.pages(100, 1), access: []) }
    for page in 0..<UInt64(8) {
      #expect(throws: CacheError.self) { _ = try cache.get(.pages(2 * page, 1), access: []) }
    }
    try cache.synchronize()
    #expect(backend.liveCount == 0)
    #expect(cache.statistics.regions == 0)
  }

  @Test func `keeps an invalidated region for its users and hands it out no more`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    let old = try cache.get(.pages(0, 4), access: [])
    try cache.invalidate(.pages(3, 1))
    let isValid = old.isValid
    #expect(!isValid)
    try cache.synchronize()
    #expect(backend.liveCount == 1)
    let fresh = try cache.get(.pages(0, 4), access: [])
    #expect(fresh.lkey != old.lkey)
    #expect(backend.liveCount == 2)
    old.put()
    #expect(backend.liveCount == 1)
    fresh.put()
    #expect(backend.liveCount == 1)
    #expect(cache.statistics.invalidations == 1)
  }

  @Test func `deregisters what is invalidated and idle without anybody calling`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    for page in 0..<UInt64(64) { try cache.get(.pages(2 * page, 1), access: []).put() }
    try cache.invalidate(.pages(10, 20))
    for _ in 0..<2000 where backend.liveCount != 54 { usleep(1000) }
    #expect(backend.liveCount == 54)
  }

  @Test func `evicts the least recently used when there are too many`() throws {
    let (cache, backend) = try RegistrationCache.counting(
      CachePolicy(maximumRegions: 8, isUnmonitored: true)
    )
    for page in UInt64(0)..<8 { try cache.get(.pages(page * 2, 1), access: []).put() }
    for page in UInt64(8)..<200 {
      try cache.get(.pages(page * 2, 1), access: []).put()
      try cache.get(.pages(0, 1), access: []).put()
    }
    try cache.synchronize()
    #expect(backend.liveCount == 8)
    let registered = backend.registeredCount
    #expect(cache.statistics.evictions == UInt64(registered) - 8)
    // The one that was used all along is there; a scan of 192 others has not washed it out more than the clock must.
    #expect(registered <= 200 + 32)
  }

  @Test func `evicts by bytes, and never what is in use`() throws {
    let (cache, backend) = try RegistrationCache.counting(
      CachePolicy(maximumBytes: 16 * 4096, isUnmonitored: true)
    )
    let held = try cache.get(.pages(0, 8), access: [])
    for start in stride(from: UInt64(100), to: 200, by: 10) {
      try cache.get(.pages(start, 8), access: []).put()
    }
    try cache.synchronize()
    let isValid = held.isValid
    #expect(isValid)
    #expect(backend.liveBytes == 16 * 4096)
    let large = try cache.get(.pages(1000, 32), access: [])
    let staysValid = large.isValid
    #expect(!staysValid)
    large.put()
    try cache.synchronize()
    // What cannot be kept has put nothing out.
    #expect(backend.liveBytes == 16 * 4096)
    #expect(cache.statistics.uncached == 1)
    held.put()
  }

  @Test func `evicts what is idle before it fails for want of memory`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    backend.state.withLock { $0.bytesAllowed = 32 * 4096 }
    for page in UInt64(0)..<32 { try cache.get(.pages(page * 2, 1), access: []).put() }
    try cache.get(.pages(1000, 20), access: []).put()
    #expect(backend.liveBytes <= 32 * 4096)
    #expect(cache.statistics.evictions == 20)
    let all = try cache.get(.pages(2000, 32), access: [])
    #expect(throws: CacheError.self) { _ = try cache.get(.pages(3000, 1), access: []) }
    all.put()
    try cache.get(.pages(3000, 1), access: []).put()
  }

  @Test func `lets all go when it ends, those in use at their last put`() throws {
    let backend = CountingBackend()
    var cache: RegistrationCache? = try RegistrationCache(
      backend: backend,
      policy: CachePolicy(isUnmonitored: true)
    )
    for page in UInt64(0)..<100 { try cache?.get(.pages(page * 2, 1), access: []).put() }
    var held = try cache?.get(.pages(0, 1), access: [])
    cache = nil
    for _ in 0..<2000 where backend.liveCount != 1 { usleep(1000) }
    #expect(backend.liveCount == 1)
    let stays = held?.isValid
    #expect(stays == false)
    held = nil
    #expect(backend.liveCount == 0)
    #expect(backend.state.withLock { $0.doubleReleases } == 0)
  }

  @Test(
    arguments: [(0, 0), (4096, 0), (UInt64.max - 100, 200), (8192, UInt64.max)]
      as [(UInt64, UInt64)]
  )
  func `refuses an empty or wrapping range`(start: UInt64, length: UInt64) throws {
    let (cache, backend) = try RegistrationCache.counting()
    #expect {
      _ = try cache.get(AddressRange(start: start, length: length), access: [])
    } throws: { error in
      guard case .registration(let cause) = error as? CacheError else { return false }
      return cause.code == .EINVAL
    }
    #expect(backend.registeredCount == 0)
  }

  @Test(arguments: [0, 1, 2048, 4095] as [UInt64])
  func `refuses an empty or wrapping range inside a region that is there`(offset: UInt64) throws {
    let (cache, _) = try RegistrationCache.counting()
    try cache.get(.pages(0, 4), access: []).put()
    let start = AddressRange.pages(1, 1).start + offset
    for length in [0, UInt64.max, UInt64.max - 4095, UInt64.max - start + 1] {
      #expect(throws: CacheError.self) {
        _ = try cache.get(AddressRange(start: start, length: length), access: [])
      }
    }
    try cache.get(AddressRange(start: start, length: 1), access: []).put()
    #expect(cache.statistics.hits == 1)
    #expect(cache.statistics.misses == 1)
  }

  @Test func `agrees with a list of regions over 20,000 random steps`() throws {
    let (cache, backend) = try RegistrationCache.counting()
    var random = SplitMix64(seed: TestSeed.value)
    var held: [UInt64: UInt32] = [:]
    for step in 0..<20_000 {
      let range = AddressRange.pages(
        .random(in: 0..<2048, using: &random),
        .random(in: 1...16, using: &random)
      )
      if step % 11 == 0 {
        try cache.invalidate(range)
        continue
      }
      let region = try cache.get(range, access: Bool.random(using: &random) ? [.localWrite] : [])
      #expect(region.range.start <= range.start && region.range.end >= range.end)
      held[region.range.start] = region.lkey
      region.put()
    }
    try cache.synchronize()
    let statistics = cache.statistics
    #expect(statistics.regions == backend.liveCount)
    #expect(statistics.bytes == backend.liveBytes)
    #expect(statistics.regionsInUse == 0)
    #expect(statistics.hits + statistics.misses == UInt64(20_000 - 1819))
    try cache.purge()
    #expect(backend.liveCount == 0)
    #expect(backend.state.withLock { $0.doubleReleases } == 0)
  }

  @Test func `has records of one cache line and at most 96 bytes a region with its table`() {
    #expect(MemoryLayout<CacheRecord>.stride == 64)
    // A map of a block has 4 bytes for each page, of which a region takes one at least; a thread counts in 4.
    #expect(64 + 2 * 4 + 4 <= 96)
  }
}
