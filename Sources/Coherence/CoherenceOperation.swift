/// What happens to memory while it is registered.
public enum CoherenceOperation: String, Sendable, CaseIterable {
  case none
  case cpuWrite = "cpu-write"
  case unmap
  case remap
  case mapFixed = "map-fixed"
  case mremapMove = "mremap-move"
  case mremapGrow = "mremap-grow"
  case mremapShrink = "mremap-shrink"
  case mremapDontUnmap = "mremap-dontunmap"
  case dontNeed = "madv-dontneed"
  case free = "madv-free"
  case remove = "madv-remove"
  case punchHole = "punch-hole"
  case truncate
  case truncateRegrow = "truncate-regrow"
  case writeBack = "write-back"
  case pageOut = "madv-pageout"
  case collapse = "madv-collapse"
  case merge = "ksm-merge"
  case compaction
  case protectRead = "mprotect-read"
  case protectNone = "mprotect-none"
  case forkParentWrite = "fork-parent-write"
  case forkChildWrite = "fork-child-write"
  case forkDontFork = "fork-dontfork"
  case childExit = "child-exit"
  case heapReuse = "heap-reuse"
  case heapTrim = "heap-trim"

  /// What is done, in one line.
  public var summary: String {
    switch self {
    case .none: "nothing"
    case .cpuWrite: "the CPU writes the memory"
    case .unmap: "munmap, and nothing in its place"
    case .remap: "munmap, and mmap anew at the same address: fresh memory, or the same file"
    case .mapFixed: "mmap(MAP_FIXED) of anonymous memory over it"
    case .mremapMove: "mremap to another address"
    case .mremapGrow: "mremap to twice the length, in place"
    case .mremapShrink: "mremap to half the length; the part that was cut off is looked at"
    case .mremapDontUnmap: "mremap(MREMAP_DONTUNMAP): the pages move, the mapping stays"
    case .dontNeed: "madvise(MADV_DONTNEED)"
    case .free: "madvise(MADV_FREE), then MADV_PAGEOUT to make the kernel use it"
    case .remove: "madvise(MADV_REMOVE)"
    case .punchHole: "fallocate(FALLOC_FL_PUNCH_HOLE) on the file"
    case .truncate: "ftruncate of the file to nothing"
    case .truncateRegrow: "ftruncate of the file to nothing and back"
    case .writeBack: "the CPU writes, and msync writes the pages back"
    case .pageOut: "madvise(MADV_PAGEOUT)"
    case .collapse: "madvise(MADV_COLLAPSE) into huge pages"
    case .merge: "ksmd merges the pages with equal ones"
    case .compaction: "the kernel compacts memory"
    case .protectRead: "mprotect(PROT_READ)"
    case .protectNone: "mprotect(PROT_NONE)"
    case .forkParentWrite: "fork, then the parent writes"
    case .forkChildWrite: "fork, then the child writes"
    case .forkDontFork: "madvise(MADV_DONTFORK), fork, then the parent writes"
    case .childExit: "fork, the child writes and exits"
    case .heapReuse: "free and malloc of the same block, which the allocator has kept"
    case .heapTrim: "free and malloc of the same block, which the allocator gave back meanwhile"
    }
  }
}
