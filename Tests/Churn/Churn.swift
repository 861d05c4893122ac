import Glibc
import HostMemory
import Measurement
import Randomness
package import RegistrationCache
import RingReading
import Synchronization
package import Verbs

/// Threads that map, change, unmap, allocate and free memory and use one cache meanwhile, each against what it knows of its
/// own pages: the bytes that are pinned must be those that the CPU sees.
package struct Churn: Sendable {
  /// What a run came to.
  package struct Outcome: Sendable {
    package var gets = 0
    package var changes = 0
    package var stale = 0
    package var errors = 0
  }

  package var threads: Int
  package var rounds: Int
  /// Only changes that leave the addresses to their thread, as `CachePolicy.Ordering.relaxed` asks for.
  package var keepsAddresses: Bool

  /// What every request asks for; every other one asks for local writing as well.
  package var access: AccessFlags
  /// The eight bytes at an address as the device sees them through a region; `nil` where it fails.
  package var look: @Sendable (borrowing CachedRegion, UInt64) -> UInt64?
  /// What the random numbers of every thread follow from.
  package var seed: UInt64

  package init(
    threads: Int,
    rounds: Int,
    keepsAddresses: Bool,
    access: AccessFlags = [],
    seed: UInt64 = TestSeed.value,
    look: @escaping @Sendable (borrowing CachedRegion, UInt64) -> UInt64? = Churn.throughRing
  ) {
    self.threads = threads
    self.rounds = rounds
    self.keepsAddresses = keepsAddresses
    self.access = access
    self.look = look
    self.seed = seed
  }

  /// Looks through a fixed buffer of io_uring.
  @Sendable
  package static func throughRing(_ region: borrowing CachedRegion, _ address: UInt64) -> UInt64? {
    var seen: UInt64 = 0
    let ring = unsafe UnsafeMutableRawPointer(bitPattern: UInt(region.handle))
    return unsafe ring_reading_fetch(ring, address, &seen, 8) == 0 ? seen : nil
  }

  package func run(_ cache: RegistrationCache) -> Outcome {
    let total = Mutex(Outcome())
    let finished = Atomic<Int>(0)
    for number in 0..<threads {
      detach {
        let outcome = work(UInt64(number + 1), cache)
        total.withLock {
          $0.gets += outcome.gets
          $0.changes += outcome.changes
          $0.stale += outcome.stale
          $0.errors += outcome.errors
        }
        finished.add(1, ordering: .releasing)
      }
    }
    while finished.load(ordering: .acquiring) < threads { usleep(1000) }
    return total.withLock { $0 }
  }

  private func detach(_ body: @escaping @Sendable () -> Void) {
    final class Job {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    unsafe pthread_create(
      &thread,
      nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
        }
        return nil
      },
      Unmanaged.passRetained(Job(body)).toOpaque()
    )
    pthread_detach(thread)
  }

  private func work(_ number: UInt64, _ cache: RegistrationCache) -> Outcome {
    var random = SplitMix64(seed: seed &+ number &* 0x9E37_79B9)
    var outcome = Outcome()
    var tag = number << 48
    var blocks: [ChurnBlock] = []
    for _ in 0..<rounds {
      if blocks.count < 8 {
        blocks.append(make(&random, &tag))
      }
      let chosen = Int(random.next() % UInt64(blocks.count))
      check(blocks[chosen], cache, &random, &outcome)
      if random.next() % 3 != 0 {
        outcome.changes += 1
        if !change(&blocks[chosen], &random, &tag) { blocks.remove(at: chosen) }
      }
    }
    // Addresses given back might go to a thread that still runs.
    if !keepsAddresses { for block in blocks { drop(block) } }
    return outcome
  }

  private func make(_ random: inout SplitMix64, _ tag: inout UInt64) -> ChurnBlock {
    let pages = 1 + Int(random.next() % 16)
    var block: ChurnBlock
    if !keepsAddresses, random.next() % 3 == 0 {
      let memory = unsafe malloc((pages + 1) * 4096)
      block = ChurnBlock(
        origin: .allocated,
        start: UInt64(UInt(bitPattern: memory)),
        pages: pages,
        tags: Array(repeating: 0, count: pages)
      )
    } else {
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      let memory = unsafe mmap(nil, pages * 4096, PROT_READ | PROT_WRITE, flags, -1, 0)
      block = ChurnBlock(
        origin: .mapped,
        start: UInt64(UInt(bitPattern: memory)),
        pages: pages,
        tags: Array(repeating: 0, count: pages)
      )
    }
    retag(&block, 0..<pages, &tag)
    return block
  }

  private func retag(_ block: inout ChurnBlock, _ pages: Range<Int>, _ tag: inout UInt64) {
    for page in pages {
      tag += 1
      block.tag(page, tag)
    }
  }

  private func check(
    _ block: ChurnBlock,
    _ cache: RegistrationCache,
    _ random: inout SplitMix64,
    _ outcome: inout Outcome
  ) {
    let first = Int(random.next() % UInt64(block.pages))
    let count = 1 + Int(random.next() % UInt64(block.pages - first))
    let range = AddressRange(
      start: block.start + UInt64(first) * 4096,
      length: UInt64(count - 1) * 4096 + 8
    )
    outcome.gets += 1
    do {
      let region = try cache.get(
        range,
        access: random.next() % 2 == 0 ? access.union(.localWrite) : access
      )
      let page = first + Int(random.next() % UInt64(count))
      switch look(region, block.start + UInt64(page) * 4096) {
      case block.tags[page]: break
      case nil: outcome.errors += 1
      default: outcome.stale += 1
      }
      region.put()
    } catch {
      outcome.errors += 1
    }
  }

  // False where the block is gone.
  private func change(
    _ block: inout ChurnBlock,
    _ random: inout SplitMix64,
    _ tag: inout UInt64
  ) -> Bool {
    guard block.origin == .mapped else {
      drop(block)
      return false
    }
    let first = Int(random.next() % UInt64(block.pages))
    let count = 1 + Int(random.next() % UInt64(block.pages - first))
    switch random.next() % (keepsAddresses ? 2 : 4) {
    case 0: unsafe _ = madvise(block.address(first), count * 4096, Int32(MADV_DONTNEED))
    case 1:
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
      unsafe _ = mmap(block.address(first), count * 4096, PROT_READ | PROT_WRITE, flags, -1, 0)
    case 2:
      drop(block)
      return false
    default:
      // The pages keep their bytes and get new addresses.
      let moved = unsafe remap(block.address(0), block.pages * 4096)
      guard moved < UInt64(Int64.max) else { return true }
      block = ChurnBlock(origin: .mapped, start: moved, pages: block.pages, tags: block.tags)
      return true
    }
    retag(&block, first..<(first + count), &tag)
    return true
  }

  private func drop(_ block: ChurnBlock) {
    switch block.origin {
    case .mapped: unsafe _ = munmap(block.address(0), block.pages * 4096)
    case .allocated: unsafe free(block.address(0))
    }
  }
}
