import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Catalogue {
  /// What a registration is charged: base pages touched, once each time, returned with the region.
  static let accounting: [Check] = amounts + sums + odds

  private static func amount(_ name: String, _ promise: String, offset: UInt64, length: UInt64)
    -> Check
  {
    Check("accounting.\(name)", promise) { context in
      let area = try Area(pages: 4)
      let range = area.bytes(offset, length)
      try context.expectRegistration("\(length) bytes at offset \(offset)", range)
    }
  }

  /// A check that each of some ranges is EINVAL and charges nothing.
  private static func refused(
    _ name: String,
    _ promise: String,
    pages: Int = 1,
    defect: KnownDefect? = nil,
    _ ranges: @escaping @Sendable (Area) -> [(what: String, range: AddressRange)]
  ) -> Check {
    Check("accounting.\(name)", promise, defect: defect) { context in
      for (what, range) in ranges(try Area(pages: pages)) {
        try context.expectRegistration(what, range, errno: .EINVAL)
      }
    }
  }

  private static let amounts: [Check] = [
    amount(
      "first-byte-of-a-page",
      "One byte at the start of a page is charged as one page.",
      offset: 0,
      length: 1
    ),
    amount(
      "last-byte-of-a-page",
      "One byte at the end of a page is charged as one page.",
      offset: 4095,
      length: 1
    ),
    amount(
      "two-bytes-across-pages",
      "Two bytes on either side of a border are charged as two pages.",
      offset: 4095,
      length: 2
    ),
    amount(
      "whole-page",
      "A page that starts at its border is charged as one page.",
      offset: 0,
      length: 4096
    ),
    amount(
      "one-byte-more-than-a-page",
      "One byte more than a page is charged as two pages.",
      offset: 0,
      length: 4097
    ),
    amount(
      "unaligned-page",
      "A page's length off the border is charged as two pages.",
      offset: 1,
      length: 4096
    ),
    amount(
      "unaligned-two-pages",
      "Two pages' length from the last byte of a page is charged as three.",
      offset: 4095,
      length: 8192
    ),
    Check(
      "accounting.random-ranges",
      "Any range is charged by the base pages that it touches.",
      scope: .system
    ) { context in
      let area = try Area(pages: 64)
      for _ in 0..<100 {
        let offset = UInt64.random(in: 0..<32 * Area.page, using: &context.random)
        let length = UInt64.random(in: 1...31 * Area.page, using: &context.random)
        let touched = (offset % Area.page + length + Area.page - 1) / Area.page
        try context.expectRegistration(
          "\(length) bytes at offset \(offset)",
          area.bytes(offset, length),
          pages: touched
        )
      }
    },
    Check(
      "accounting.powers-of-two",
      "From one page to 4,096, every size is charged in full and returned in full.",
      needs: [.memlock(pages: 4096)],
      scope: .system
    ) { context in
      let area = try Area(pages: 4096)
      for shift in 0...12 {
        try context.expectRegistration("\(1 << shift) pages", area.slice(0..<1 << shift))
      }
    },
    refused(
      "aligned-nothing-refused",
      "A registration of no bytes at a page border is refused and charges nothing."
    ) { [("no bytes at offset 0", $0.bytes(0, 0))] },
    refused(
      "unaligned-nothing-refused",
      "A registration of no bytes inside a page is refused like one at its border.",
      defect: KnownDefect(
        "a registration of no bytes inside a page is accepted and charged one page",
        versions: "6.1, 6.12, 7.2, 7.3",
        // siw refuses a length of zero before it asks the kernel.
        applies: { Device.driver(of: $0.deviceName) != "siw" }
      )
    ) { [("no bytes at offset 8", $0.bytes(8, 0))] },
    refused(
      "wrapping-length-refused",
      "A range that passes the end of the address space is refused and charges nothing."
    ) { area in
      let start = area.range.start
      let whole = [UInt64.max, 0 &- start, 1 &- start]
        .map { ("a length of \($0)", area.bytes(0, $0)) }
      return whole
        + [1, 8, 4095]
        .flatMap { (offset: UInt64) in
          let start = start + offset
          // To the last byte there is, to the end itself, and round it.
          return [0 &- start &- 1, 0 &- start, 1 &- start, UInt64.max]
            .map { ("\($0) bytes at \(offset)", area.bytes(offset, $0)) }
        }
    },
    refused(
      "page-count-beyond-32-bits",
      "A range of a page or two more than 2^32 is refused, and not taken for one or two.",
      pages: 2
    ) { area in
      [(0, 4096), (0, 8192), (8, 4096), (4000, 100)]
        .map { offset, length in
          ("2^44 + \(length) bytes at \(offset)", area.bytes(offset, 1 << 44 + length))
        }
    },
    refused(
      "too-many-pages-refused",
      "A range of more than 2^32 pages is refused and charges nothing."
    ) { area in
      [
        ("2^47 bytes", area.bytes(0, 1 << 47)),
        ("2^45 bytes from 0", AddressRange(start: 0, length: 1 << 45)),
      ]
    },
  ]

  private static let sums: [Check] = [
    Check(
      "accounting.overlap-charges-twice",
      "Overlapping regions are charged each in full, and released in any order."
    ) { context in
      let area = try Area(pages: 12)
      let parts = [area.slice(0..<8), area.slice(4..<12), area.slice(0..<8)]
      for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let before = try context.look()
        let regions = try parts.map { try context.register($0) }
        try context.expect("three regions of 8 pages", since: before, pages: 24)
        var left = 24
        for index in order {
          try regions[index].release()
          left -= 8
          try context.expect("order \(order), \(index) released", since: before, pages: left)
        }
      }
    },
    Check(
      "accounting.same-page-many-times",
      "One page registered 64 times is charged 64 times."
    ) { context in
      let (area, before) = try context.memory(pages: 1)
      var regions: [Region] = []
      for count in 1...64 {
        regions.append(try context.register(area.range))
        try context.expect("\(count) regions of one page", since: before, pages: count)
      }
      for region in regions { try region.release() }
      try context.expect("all released", since: before, pages: 0)
    },
    Check(
      "accounting.thousand-regions",
      "A thousand regions of one page are charged a thousand pages.",
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 1000)
      let regions = try (0..<1000).map { try context.register(area.slice($0..<$0 + 1)) }
      try context.expect("a thousand regions", since: before, pages: 1000)
      for region in regions { try region.release() }
      try context.expect("a thousand releases", since: before, pages: 0)
    },
    Check(
      "accounting.released-in-random-order",
      "Regions of every size released in random order leave exactly the others charged."
    ) { context in
      let (area, before) = try context.memory(pages: 64)
      var regions: [Region] = []
      for _ in 0..<50 {
        let first = Int.random(in: 0..<32, using: &context.random)
        let count = Int.random(in: 1...32, using: &context.random)
        regions.append(try context.register(area.slice(first..<first + count)))
      }
      regions.shuffle(using: &context.random)
      while let region = regions.popLast() {
        try region.release()
        let left = regions.reduce(0) { $0 + Int($1.range.pages) }
        try context.expect("\(regions.count) regions left", since: before, pages: left)
      }
    },
    Check(
      "accounting.one-gibibyte",
      "A region of 1 GiB is charged 262,144 pages.",
      needs: [.memlock(pages: 262_145)],
      scope: .system
    ) { context in
      let area = try LargeArea(mebibytes: 1024)
      try context.expectRegistration("1 GiB", area.range)
    },
    Check(
      "accounting.one-gibibyte-and-a-page",
      "A region of 1 GiB and a page is charged 262,145 pages.",
      needs: [.memlock(pages: 262_145)],
      scope: .system,
      defect: KnownDefect(
        "rxe keeps a table of a region's pages that one allocation must hold: ENOMEM above 1 GiB",
        versions: "6.12, 7.2, 7.3",
        applies: { try $0.behaviour.regionPageLimit != nil }
      ),
      optIn: "the kernel logs a warning with a stack trace, fatal under panic_on_warn"
    ) { context in
      let area = try LargeArea(mebibytes: 1026)
      let range = AddressRange(start: area.range.start, length: 1 << 30 + Area.page)
      try context.expectRegistration("1 GiB and a page", range)
    },
  ]

  private static func hugePage(
    _ name: String,
    _ what: String,
    _ kind: LargeArea.HugePages,
    _ needs: [Need]
  ) -> Check {
    Check(
      "accounting.\(name)-by-base-pages",
      "One byte of \(what) is charged one page, all of it 512.",
      needs: needs,
      scope: .system
    ) { context in
      let area = try LargeArea(mebibytes: 2, hugePages: kind)
      try context.expectRegistration("one byte of it", area.bytes(5000, 1), pages: 1)
      try context.expectRegistration("all of it", area.range, pages: 512)
    }
  }

  private static let odds: [Check] = [
    Check(
      "accounting.mlock-is-not-charged",
      "Locking memory moves VmLck and leaves VmPin, registering it the other way round."
    ) { context in
      let (area, before) = try context.memory(pages: 16)
      let lockedBefore = try ProcessStatus().locked
      let region = try context.register(area.slice(0..<8))
      try context.expect("VmLck after registering", try ProcessStatus().locked, lockedBefore)
      try area.lock(8..<16)
      try context.expect("mlock of 8 pages beside a region", since: before, pages: 8)
      try context.expect("VmLck", try ProcessStatus().locked - lockedBefore, 8 * Area.page)
      try region.release()
      try context.expect("VmLck after the release", try ProcessStatus().locked, 8 * Area.page)
    },
    hugePage("huge-page", "a transparent huge page", .transparent, [.transparentHugePages]),
    hugePage("hugetlb", "a hugetlb page", .hugetlb, [.hugePages(1)]),
    Check(
      "accounting.failure-leaves-nothing",
      "A registration that fails after pages were pinned puts every pin and the whole charge back.",
      scope: .system
    ) { context in
      let area = try Area(pages: 128)
      area.fill()
      try area.unmap(100..<128)
      for _ in 0..<10 {
        try context.expectRegistration("100 pages and a hole", area.range, errno: .EFAULT)
      }
      try context.expectRegistration("the 100 pages", area.slice(0..<100))
    },
    Check(
      "accounting.unmapping-returns-nothing",
      "munmap of registered memory returns no page; deregistering does."
    ) { context in
      let (area, before, region) = try context.registered(pages: 8)
      try area.unmap()
      try context.expect("8 pages unmapped", since: before, pages: 8)
      try context.release(region, "region released", since: before)
    },
    Check(
      "accounting.mapped-anew-charges-anew",
      "New memory where registered memory was unmapped is charged on top."
    ) { context in
      let (area, before) = try context.memory(pages: 8)
      let old = try context.register(area.range)
      try area.unmap()
      let anew = try Area(pages: 8, at: area.range.start)
      let new = try context.register(anew.range)
      try context.expect("old and new region", since: before, pages: 16)
      try old.release()
      try context.expect("old region released", since: before, pages: 8)
      try new.release()
      try context.expect("both released", since: before, pages: 0)
    },
    Check(
      "accounting.io-uring-shares-the-account",
      "Without CAP_IPC_LOCK, buffers of io_uring are charged to the same VmPin as regions.",
      scope: .system
    ) { context in
      let area = try Area(pages: 8)
      // From some 6.1x on, a privileged ring is not charged at all.
      try context.limit(pages: 64)
      let before = try context.look()
      let region = try context.register(area.range)
      do {
        let buffer = try IOUringStrategy().register(area.slice(0..<4), access: .full)
        try context.expect("a region and a ring", since: before, pages: 12)
        try buffer.release()
      } catch let error as RegistrationError where error.code == .EPERM || error.code == .ENOSYS {
        throw Skip("io_uring is unavailable: \(error.code.name)")
      }
      try context.expect("ring released", since: before, pages: 8)
      try context.release(region, "both released", since: before)
    },
    Check(
      "accounting.threads-sum-up",
      "Four threads that register and release at once end with a charge of zero.",
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 16)
      let start = area.range.start
      try context.concurrently(4, "four threads done", since: before) {
        (domain, index) throws(VerbsError) in
        for round in 0..<100 {
          let page = UInt64((index * 3 + round) % 8)
          try domain.cycle(AddressRange(start: start + page * Area.page, length: 8 * Area.page))
        }
      }
      withExtendedLifetime(area) {}
    },
  ]
}
