import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// A check that prefetching what is present, half of 16 pages, leaves the other half absent.
  private static func prefetchOfHalf(
    _ name: String,
    _ promise: String,
    _ prefetch: @escaping @Sendable (CheckContext, MemoryExperiment) throws -> Void
  ) -> Check {
    onDemand(name, promise) { context in
      let paging = try MemoryExperiment(context, pages: 16, .demand) { area in
        try area.advise(.dontNeed, 8..<16)
      }
      try prefetch(context, paging)
      try context.expect("pages present", try paging.present, 8)
      for page in 0..<16 { try paging.expectCoherence(page, "page \(page)") }
    }
  }

  static let onDemandPrefetch: [Check] = [
    onDemand(
      "prefetch-for-writing",
      "A prefetch for writing that is waited for leaves every page present, and none pinned.",
      scope: .system
    ) { context in
      let paging = try MemoryExperiment(context, pages: 16, .demand) { try $0.advise(.dontNeed) }
      let before = try context.look()
      try context.expectErrno("prefetch", paging.prefetch(.write), nil)
      try context.expect("pages present", try paging.present, 16)
      try context.expect("prefetched", since: before, pages: 0)
      for page in 0..<16 { try paging.expectCoherence(page, "page \(page)") }
    },
    onDemand(
      "prefetch-for-reading",
      "A prefetch for reading leaves every page present, and a CPU's write after it is seen."
    ) { context in
      let paging = try MemoryExperiment(context, pages: 16, .demand) { try $0.advise(.dontNeed) }
      try context.expectErrno("prefetch", paging.prefetch(.read), nil)
      try context.expect("pages present", try paging.present, 16)
      for page in 0..<16 {
        try paging.expectZeroes(page, "page \(page)")
        try paging.expectCoherence(page, "page \(page)")
      }
    },
    prefetchOfHalf(
      "prefetch-without-faults",
      "A prefetch of what is present faults nothing in, and what is absent works all the same."
    ) { context, paging in
      try context.expectErrno("prefetch", paging.prefetch(.present), nil)
    },
    onDemand(
      "prefetch-in-the-background",
      "A prefetch that is not waited for brings the pages in by itself."
    ) { context in
      for advice in [PrefetchAdvice.read, .write] {
        let paging = try MemoryExperiment(context, pages: 16, .demand) { try $0.advise(.dontNeed) }
        try context.expectErrno("prefetch", paging.prefetch(advice, waiting: false), nil)
        for _ in 0..<1000 where try paging.present < 16 { usleep(10_000) }
        try context.expect("pages present for \(advice)", try paging.present, 16)
        for page in 0..<16 { try paging.expectCoherence(page, "page \(page)") }
      }
    },
    prefetchOfHalf(
      "prefetch-in-the-background-without-faults",
      "A prefetch of what is present that is not waited for leaves what is absent so."
    ) { context, paging in
      try context.expectErrno("prefetch", paging.prefetch(.present, waiting: false), nil)
      // Waits behind it: the kernel works on prefetches of a device in order.
      try context.expectErrno("the next", paging.prefetch(.present), nil)
    },
    onDemand(
      "prefetch-of-nothing-fails",
      "A prefetch of memory that is not mapped fails (EFAULT) and leaves the region usable."
    ) { context in
      let paging = try MemoryExperiment(context, .demand) { try $0.unmap(2..<4) }
      for advice in [PrefetchAdvice.read, .write] {
        try context.expectErrno("prefetch for \(advice)", paging.prefetch(advice), .EFAULT)
      }
      for page in 0..<2 { try paging.expectCoherence(page, "page \(page)") }
      try paging.expectFailure(2, "read of unmapped memory")
    },
    onDemand(
      "prefetch-of-read-only-memory",
      "Memory that the process may only read is prefetched for reading, and not for writing (EPERM)."
    ) { context in
      let paging = try MemoryExperiment(context, .demand) { try $0.protect(.read) }
      try context.expectErrno("for reading", paging.prefetch(.read), nil)
      try context.expectErrno("for writing", paging.prefetch(.write), .EPERM)
      for page in 0..<4 { try paging.expectRead(page, paging.seen(page) ?? [], "page \(page)") }
    },
    onDemand(
      "prefetch-of-a-read-only-region",
      "A region that only allows reading is prefetched for reading.",
      defect: KnownDefect(
        "rxe looks a region up for prefetching as one that may be written locally: EINVAL",
        versions: "7.2.13, 7.3.4"
      )
    ) { context in
      let paging = try MemoryExperiment(context, [.remoteRead, .onDemand])
      try paging.expectRead(0, paging.seen(0) ?? [], "read")
      try context.expectErrno("prefetch", paging.prefetch(.read), nil)
    },
    onDemandMemory(
      "prefetch-again-after-a-discard",
      "Prefetching and discarding by turns keeps device and CPU together."
    ) { context, paging in
      for round in 0..<25 {
        try paging.area.advise(.dontNeed)
        try context.expectErrno("prefetch \(round)", paging.prefetch(.write), nil)
        try paging.expectCoherence(round % 4, "round \(round)")
      }
    },
  ]
}

extension MemoryExperiment {
  /// Prefetches the whole region; the errno, `nil` where it works.
  func prefetch(_ advice: PrefetchAdvice, waiting: Bool = true) -> Errno? {
    VerbsError.code { () throws(VerbsError) in
      try region.prefetch(area.range, advice, waiting: waiting)
    }
  }

  /// Pages that are present for the CPU.
  var present: Int {
    get throws { try PageMap().entries(in: area.range).count { $0.isPresent } }
  }
}
