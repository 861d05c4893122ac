/// What a cache may keep, and what its user answers for.
public struct CachePolicy: Sendable {
  /// When a change of memory must have been taken into account by `get`.
  public enum Ordering: String, Sendable, CaseIterable {
    /// As soon as the kernel has made it, whichever thread asked for it, by whatever means: one system call per `get`, or
    /// per list of ranges.
    ///
    /// Correct in any program. The kernel may give addresses to another thread before `munmap` returns in the thread that
    /// freed them, which ordinary allocators make happen all the time.
    case strict
    /// Before the kernel makes it, where it is asked for through the C library; no system call on a hit.
    ///
    /// The library's calls are patched for the whole process (x86-64, glibc). What unmaps by system calls of its own, as
    /// the dynamic loader does, is taken into account as in `relaxed`.
    case hooked
    /// When the call that made it has returned, for callers with an order of their own: no system call on a hit.
    ///
    /// A thread that is given addresses before the `munmap` of another thread has returned may still be served the region
    /// of the pages that were there.
    case relaxed
    /// As `relaxed`, which is complete if one thread alone maps and unmaps: the caller's promise, which nobody checks.
    case singleMapper = "single-mapper"
  }

  /// The most regions kept, at least 1 and at most 2^30; the least recently used idle one goes first.
  public var maximumRegions: Int
  /// The most bytes kept registered; `nil` leaves it to the memlock limit.
  public var maximumBytes: UInt64?
  /// When a change counts.
  public var ordering: Ordering
  /// Keeps regions of files and shared memory, of which truncation and hole punching go unseen: the caller then calls
  /// `invalidate` before doing either.
  public var keepsSharedMappings: Bool
  /// Works without watching the address space: the caller then calls `invalidate` before any change of cached memory.
  public var isUnmonitored: Bool

  /// A policy; without arguments it keeps up to 2^20 regions of private memory and watches them.
  public init(
    maximumRegions: Int = 1 << 20,
    maximumBytes: UInt64? = nil,
    ordering: Ordering = .strict,
    keepsSharedMappings: Bool = false,
    isUnmonitored: Bool = false
  ) {
    self.maximumRegions = maximumRegions
    self.maximumBytes = maximumBytes
    self.ordering = ordering
    self.keepsSharedMappings = keepsSharedMappings
    self.isUnmonitored = isUnmonitored
  }
}
