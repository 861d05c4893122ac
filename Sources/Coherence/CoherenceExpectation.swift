public import LinuxSystem

/// What a kernel is known to do in a set of cells, and why: one row of the table that verdicts are compared with.
public struct CoherenceExpectation: Sendable {
  package let operations: [CoherenceOperation]
  package let registrations: [CoherenceRegistration]
  package let memories: [CoherenceMemory]
  package let kernels: Range<KernelRelease>
  /// The verdict that is expected.
  public let verdict: CoherenceVerdict
  /// The kernel's reason.
  public let reason: String

  /// The first row that names the cell on this kernel, or `nil`: an unexplained cell.
  public static func of(_ cell: CoherenceCell, on kernel: KernelRelease) -> CoherenceExpectation? {
    table.first {
      $0.operations.contains(cell.operation) && $0.registrations.contains(cell.registration)
        && $0.memories.contains(cell.memory) && $0.kernels.contains(kernel)
    }
  }

  private static func row(
    _ operations: [CoherenceOperation],
    _ registrations: [CoherenceRegistration],
    of memories: [CoherenceMemory] = CoherenceMemory.allCases,
    since: KernelRelease = KernelRelease(0, 0),
    before: KernelRelease = KernelRelease(1000, 0),
    is verdict: CoherenceVerdict,
    because reason: String
  ) -> CoherenceExpectation {
    CoherenceExpectation(
      operations: operations,
      registrations: registrations,
      memories: memories,
      kernels: since..<before,
      verdict: verdict,
      reason: reason
    )
  }

  private static let everything = CoherenceOperation.allCases
  private static let byPage: [CoherenceRegistration] = [.pinned, .window]
  private static let shared: [CoherenceMemory] = [.memfd, .file]
  private static let accessError = CoherenceVerdict.error("IBV_WC_REM_ACCESS_ERR")
  /// Since this release a long-term pin for writing is refused where the file system tracks dirty pages.
  private static let filesReadOnly = KernelRelease(6, 5)

  package static let table: [CoherenceExpectation] = [
    row(
      everything,
      [.window],
      of: [.file],
      since: filesReadOnly,
      is: .refused("EFAULT"),
      because:
        "binding needs a region pinned for writing, and writable_file_mapping_allowed() refuses that "
        + "on a shared file whose file system tracks dirty pages"
    ),
    row(
      [.none, .cpuWrite, .mremapGrow, .writeBack],
      CoherenceRegistration.allCases,
      is: .coherent,
      because: "nothing separates the pages from the addresses"
    ),
    row(
      [.remap, .mremapDontUnmap, .dontNeed],
      CoherenceRegistration.allCases,
      of: shared,
      is: .coherent,
      because: "the pages belong to the page cache, and the next fault finds the same ones"
    ),
    row(
      [.unmap, .mremapMove, .mremapShrink, .truncate],
      [.cache],
      is: .refused("EFAULT"),
      because: "the cache lends nothing that the address has lost, and there is nothing to register"
    ),
    row(
      everything,
      [.cache],
      is: .coherent,
      because: "the cache lends nothing that the address has lost, and registers what is there now"
    ),
    row(
      [.unmap, .mremapMove, .mremapShrink, .truncate],
      [.odp],
      is: accessError,
      because: "the device follows the address, and nothing is there: hmm_range_fault() fails"
    ),
    row(
      [.protectRead, .protectNone],
      [.odp],
      is: accessError,
      because: "hmm_range_fault() obeys the protection of the mapping"
    ),
    row(
      [.protectRead, .protectNone],
      byPage,
      is: .coherent,
      because: "protection is checked when pages are pinned, and never again"
    ),
    row(
      [.free, .pageOut],
      byPage,
      is: .coherent,
      because: "reclaim leaves pages alone that folio_maybe_dma_pinned() tells to be pinned"
    ),
    row(
      [.collapse, .merge, .compaction],
      byPage,
      is: .coherent,
      because: "a page with references beyond its mappings is neither moved nor merged"
    ),
    row(
      [.free, .pageOut, .collapse, .merge, .compaction],
      [.odp],
      is: .coherent,
      because: "the notifier takes the page back before it changes, and the next access faults anew"
    ),
    row(
      [.forkParentWrite, .forkChildWrite, .forkDontFork, .childExit],
      byPage,
      is: .coherent,
      because:
        "fork copies pinned pages for the child at once, so the parent keeps those the device knows"
    ),
    row(
      [.forkParentWrite, .forkChildWrite, .forkDontFork, .childExit],
      [.odp],
      is: .coherent,
      because: "copy on write moves the parent to another page, and the device follows the address"
    ),
    row(
      [.heapReuse],
      CoherenceRegistration.allCases,
      is: .coherent,
      because: "the allocator kept the pages of the free block"
    ),
    row(
      [
        .remap, .mapFixed, .mremapDontUnmap, .dontNeed, .remove, .punchHole, .truncateRegrow,
        .heapTrim,
      ],
      [.odp],
      is: .coherent,
      because: "the device follows the address to whatever page is there now"
    ),
    row(
      [
        .unmap, .mapFixed, .mremapMove, .mremapShrink, .remove, .punchHole, .truncate,
        .truncateRegrow,
      ],
      [.pinned],
      of: [.file],
      since: filesReadOnly,
      is: .stale,
      because:
        "the region keeps the page it pinned, which the address has lost; it is pinned for reading only"
    ),
    row(
      [
        .unmap, .mapFixed, .mremapMove, .mremapShrink, .remove, .punchHole, .truncate,
        .truncateRegrow,
      ],
      byPage,
      is: .diverged,
      because: "the region keeps the page it pinned, which the address has lost"
    ),
    row(
      [.remap, .mremapDontUnmap, .dontNeed, .heapTrim],
      byPage,
      is: .diverged,
      because: "the region keeps the page it pinned, and the address has got another"
    ),
  ]
}
