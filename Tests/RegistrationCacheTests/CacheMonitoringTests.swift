import AllocationFaults
import Glibc
import HostMemory
import LinuxSystem
import RingReading
import Testing
import Verbs

@testable import MemoryRegistration
@testable import RegistrationCache

/// Private pages of one test, mapped anew and changed as the test says.
@safe
struct Pages: ~Copyable {
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let count: Int

  init(_ count: Int, flags: Int32 = MAP_PRIVATE | MAP_ANONYMOUS) {
    unsafe base = unsafe mmap(nil, count * 4096, PROT_READ | PROT_WRITE, flags, -1, 0)
    self.count = count
  }

  func range(_ first: Int = 0, _ length: Int? = nil) -> AddressRange {
    unsafe AddressRange(
      start: UInt64(UInt(bitPattern: base)) + UInt64(first) * 4096,
      length: UInt64(length ?? count) * 4096
    )
  }

  func write(_ value: UInt64, page: Int = 0) {
    unsafe base.storeBytes(of: value, toByteOffset: page * 4096, as: UInt64.self)
  }

  func unmap(_ first: Int, _ length: Int) { unsafe _ = munmap(base + first * 4096, length * 4096) }

  func map(_ first: Int, _ length: Int) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    unsafe _ = mmap(base + first * 4096, length * 4096, PROT_READ | PROT_WRITE, flags, -1, 0)
  }

  func advise(_ advice: Int, _ first: Int, _ length: Int) {
    unsafe _ = madvise(base + first * 4096, length * 4096, Int32(advice))
  }

  /// Moves a page to wherever the kernel likes; `mremap(2)` is variadic in C.
  func moveAway(_ page: Int) {
    let mayMove = 1
    unsafe _ = syscallRemap(base + page * 4096, 4096, 4096, mayMove)
  }

  deinit { unsafe _ = munmap(base, count * 4096) }
}

/// `mremap(2)`, by its symbol: Swift does not import variadic functions.
func syscallRemap(_ old: UnsafeMutableRawPointer, _ from: Int, _ to: Int, _ flags: Int) -> Int {
  typealias Remap = @convention(c) (UnsafeMutableRawPointer, Int, Int, Int) -> Int
  guard let symbol = unsafe dlsym(nil, "mremap") else { return -1 }
  return unsafe unsafeBitCast(symbol, to: Remap.self)(old, from, to, flags)
}

extension CachedRegion {
  /// The eight bytes at `address` in the pages that are pinned, whatever is mapped there now.
  func deviceReads(_ address: UInt64) -> UInt64? {
    var value: UInt64 = 0
    let ring = unsafe UnsafeMutableRawPointer(bitPattern: UInt(record.pointee.handle))
    let code = unsafe ring_reading_fetch(ring, address, &value, 8)
    return code == 0 ? value : nil
  }
}

// Each in a process of its own: VmPin, the monitor and the allocation counter belong to the whole process.
@Suite struct `A watched registration cache` {
  @Test(arguments: ["munmap", "MAP_FIXED", "mremap", "MADV_DONTNEED", "MADV_FREE", "brk"])
  func `never serves the pages that were there before`(change: String) async {
    await #expect(processExitsWith: .success) { [change] in
      let cache = try RegistrationCache(of: IOUringStrategy())
      let heap = unsafe sbrk(0)
      for round in UInt64(1)...200 {
        let pages = Pages(8)
        if change == "brk" { unsafe _ = sbrk(64 * 4096) }
        let address =
          change == "brk"
          ? (UInt64(UInt(bitPattern: heap)) + 4095) & ~4095 : pages.range(2, 1).start
        let range = AddressRange(start: address, length: 4096)
        let cell = unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(address))
        unsafe cell?.pointee = round
        let before = try cache.get(range, access: [.localWrite])
        #expect(before.deviceReads(address) == round)
        switch change {
        case "munmap":
          pages.unmap(1, 3)
          pages.map(1, 3)
        case "MAP_FIXED": pages.map(2, 1)
        case "mremap":
          pages.moveAway(2)
          pages.map(2, 1)
        case "MADV_DONTNEED": pages.advise(Int(MADV_DONTNEED), 0, 4)
        case "MADV_FREE": pages.advise(8, 2, 1)
        default:
          unsafe _ = sbrk(-64 * 4096)
          unsafe _ = sbrk(64 * 4096)
        }
        unsafe cell?.pointee = round + 1000
        let after = try cache.get(range, access: [.localWrite])
        #expect(after.deviceReads(address) == round + 1000)
        before.put()
        after.put()
        if change == "brk" { unsafe _ = sbrk(-64 * 4096) }
      }
      try cache.synchronize()
      #expect(cache.statistics.invalidations >= 200)
      try cache.purge()
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `gives every page back once memory and cache are gone`() async {
    await #expect(processExitsWith: .success) {
      var cache: RegistrationCache? = try RegistrationCache(of: IOUringStrategy().ledgered())
      let pages = Pages(256)
      for page in 0..<128 {
        try cache?.get(pages.range(2 * page, 1), access: [.localWrite]).put()
      }
      #expect(try ProcessStatus().pinned == 128 * 4096)
      #expect(PinLedger.process.chargedPages == 128)
      pages.unmap(0, 128)
      try cache?.synchronize()
      #expect(try ProcessStatus().pinned == 64 * 4096)
      #expect(PinLedger.process.chargedPages == 64)
      cache = nil
      #expect(try ProcessStatus().pinned == 0)
      #expect(PinLedger.process.chargedPages == 0)
    }
  }

  @Test func `evicts what is idle before the memlock limit is hit`() async {
    await #expect(processExitsWith: .success) {
      let ledger = PinLedger {
        PinBudget(
          softBytes: 64 * 4096,
          pinnedPages: (try? ProcessStatus().pinned).map { UInt64($0) / 4096 } ?? 0
        )
      }
      let cache = try RegistrationCache(of: IOUringStrategy().ledgered(by: ledger))
      let pages = Pages(1024)
      let held = try cache.get(pages.range(0, 16), access: [])
      for page in stride(from: 16, to: 1024, by: 8) {
        try cache.get(pages.range(page, 8), access: []).put()
        #expect(try ProcessStatus().pinned <= 64 * 4096)
      }
      let isValid = held.isValid
      #expect(isValid)
      #expect(cache.statistics.evictions >= 120)
      held.put()
    }
  }

  @Test func `shares one userfaultfd with another cache`() async {
    await #expect(processExitsWith: .success) {
      let first = try RegistrationCache(of: IOUringStrategy())
      let second = try RegistrationCache(of: IOUringStrategy())
      #expect(AddressSpaceMonitor.shares(of: .registrationCache) == 2)
      var count = 0
      for number in 0..<64 {
        var target = [CChar](repeating: 0, count: 64)
        let length = unsafe readlink("/proc/self/fd/\(number)", &target, 63)
        let name = target.prefix(max(0, length))
          .map {
            Character(UnicodeScalar(UInt8(bitPattern: $0)))
          }
        if String(name) == "anon_inode:[userfaultfd]" { count += 1 }
      }
      #expect(count == 1)
      let pages = Pages(4)
      try first.get(pages.range(), access: []).put()
      try second.get(pages.range(), access: []).put()
      pages.unmap(0, 4)
      try first.synchronize()
      #expect(first.statistics.invalidations == 1)
      #expect(second.statistics.invalidations == 1)
    }
  }

  @Test func `does not keep shared memory unless the caller answers for it`() async {
    await #expect(processExitsWith: .success) {
      let careful = try RegistrationCache(of: IOUringStrategy())
      let told = try RegistrationCache(
        of: IOUringStrategy(),
        policy: CachePolicy(keepsSharedMappings: true)
      )
      let pages = Pages(4, flags: MAP_SHARED | MAP_ANONYMOUS)
      for _ in 0..<3 {
        try careful.get(pages.range(), access: []).put()
        try told.get(pages.range(), access: []).put()
      }
      #expect(careful.statistics.uncached == 3)
      #expect(careful.statistics.hits == 0)
      #expect(told.statistics.hits == 2)
    }
  }

  @Test func `refuses to run where it cannot watch, unless asked to`() async {
    await #expect(processExitsWith: .success) {
      let strategy = IOUringStrategy()
      var limit = rlimit(rlim_cur: 0, rlim_max: 1024)
      unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
      #expect(throws: CacheError.unmonitored(.unavailable(.EMFILE))) {
        _ = try RegistrationCache(of: strategy)
      }
      _ = try RegistrationCache(of: strategy, policy: CachePolicy(isUnmonitored: true))
    }
  }

  @Test(arguments: [false, true])
  func `is of no use to a forked child, and untouched by it`(isUnmonitored: Bool) async {
    await #expect(processExitsWith: .success) { [isUnmonitored] in
      let cache = try RegistrationCache(
        of: IOUringStrategy(),
        policy: CachePolicy(isUnmonitored: isUnmonitored)
      )
      let pages = Pages(8)
      let held = try cache.get(pages.range(0, 2), access: [])
      pages.write(7)
      let child = forkProcess()
      if child == 0 {
        var isOfForkedParent = false
        do {
          try cache.get(pages.range(0, 2), access: []).put()
        } catch {
          isOfForkedParent = (error as? CacheError) == .ofForkedParent
        }
        held.put()
        guard isOfForkedParent, let own = try? RegistrationCache(of: IOUringStrategy()),
          let region = try? own.get(pages.range(0, 2), access: []),
          region.deviceReads(pages.range().start) == 7
        else { _exit(1) }
        _exit(0)
      }
      var status: Int32 = -1
      unsafe waitpid(child, &status, 0)
      #expect(status == 0)
      #expect(held.deviceReads(pages.range().start) == 7)
      try cache.get(pages.range(0, 2), access: []).put()
      #expect(cache.statistics.hits == 1)
      held.put()
    }
  }

  @Test func `neither allocates nor waits on the event thread and on a hit`() async {
    await #expect(processExitsWith: .success) {
      let cache = try RegistrationCache(of: IOUringStrategy())
      let pages = Pages(64)
      for page in 0..<32 { try cache.get(pages.range(2 * page, 1), access: []).put() }
      let before = allocation_count()
      for _ in 0..<1000 {
        for page in 0..<32 { try cache.get(pages.range(2 * page, 1), access: []).put() }
      }
      #expect(allocation_count() == before)
      pages.advise(Int(MADV_DONTNEED), 0, 1)
      pages.unmap(0, 2)
      try cache.synchronize()
      // From here on every allocation of this process's event thread fails.
      failAllocations(ofThread: threadNamed("memreg-monitor"))
      pages.advise(Int(MADV_DONTNEED), 2, 2)
      for page in 3..<32 { pages.unmap(2 * page, 1) }
      allocation_faults_end()
      try cache.synchronize()
      #expect(threadNamed("memreg-monitor") > 0)
      #expect(allocation_faults() == 0)
      #expect(cache.statistics.regions == 1)
      #expect(cache.statistics.invalidations == 31)
    }
  }
}

/// Has allocations fail in that thread alone: the caller of `allocation_faults_begin`, whose fail too, is gone.
func failAllocations(ofThread thread: Int32) {
  var helper = pthread_t()
  unsafe pthread_create(
    &helper,
    nil,
    { number in
      allocation_faults_begin(Int32(truncatingIfNeeded: Int(bitPattern: number)))
      return nil
    },
    UnsafeMutableRawPointer(bitPattern: Int(thread))
  )
  pthread_join(helper, nil)
}

/// The number of this process's thread of that name, 0 for none.
func threadNamed(_ name: String) -> Int32 {
  guard let directory = unsafe opendir("/proc/self/task") else { return 0 }
  defer { unsafe _ = closedir(directory) }
  while let entry = unsafe readdir(directory) {
    let thread = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if TextFile.firstLine("/proc/self/task/\(thread)/comm") == name { return Int32(thread) ?? 0 }
  }
  return 0
}
