public import LinuxSystem

/// One mapping of a process's address space, as /proc/PID/maps and smaps show it.
public struct VirtualMemoryArea: Equatable, Sendable {
  /// How much of an area to read: `smaps` walks the page tables, `maps` does not.
  public enum Detail: String, Sendable {
    case maps
    case smaps
  }

  /// The VmFlags that decide about pinning, by the codes of `fs/proc/task_mmu.c`.
  public enum Flag: String, Sendable, CaseIterable {
    case mayWrite = "mw"
    case pageFrames = "pf"
    case inputOutput = "io"
    case mixedMap = "mm"
    case locked = "lo"
    case dontFork = "dc"
    case dontDump = "dd"
    case hugetlb = "ht"
    case hugePageAdvised = "hg"
    case hugePageRefused = "nh"
    case userfaultMissing = "um"
    case userfaultWriteProtect = "uw"
    case userfaultMinor = "ui"
  }

  /// The addresses, in whole pages.
  public let range: AddressRange
  /// Whether the CPU may read (`r`).
  public let isReadable: Bool
  /// Whether the CPU may write (`w`).
  public let isWritable: Bool
  /// Whether the CPU may execute (`x`).
  public let isExecutable: Bool
  /// Whether writes reach the backing object (`s`) or are private (`p`).
  public let isShared: Bool
  /// The byte of the backing file where the area begins.
  public let offset: UInt64
  /// The backing file's device, major and minor; 0 and 0 for anonymous memory.
  public let device: DeviceNumber
  /// The backing file's inode, 0 for anonymous memory.
  public let inode: UInt64
  /// The backing file's path, a name in brackets such as `[heap]`, or empty.
  public let path: String
  /// What only smaps shows; `nil` where maps was read.
  public var usage: Usage?

  /// What is present in an area, in bytes, and its flags.
  public struct Usage: Equatable, Sendable {
    /// The size of the pages that back the area (`KernelPageSize`).
    public var pageSize: UInt64 = 0
    /// Bytes in memory (`Rss`), without those of hugetlb.
    public var resident: UInt64 = 0
    /// Bytes in transparent huge pages: `AnonHugePages`, `ShmemPmdMapped` and `FilePmdMapped`.
    public var transparentHuge: UInt64 = 0
    /// Bytes in hugetlb pages: `Shared_Hugetlb` and `Private_Hugetlb`.
    public var hugetlb: UInt64 = 0
    /// Bytes swapped out (`Swap`).
    public var swapped: UInt64 = 0
    /// The flags known here (`VmFlags`).
    public var flags: Set<Flag> = []
  }

  /// "7f0000000000-7f0000002000 rw-p /path", as /proc/PID/maps begins and ends.
  public var label: String {
    let bounds = "\(String(range.start, radix: 16))-\(String(range.end, radix: 16))"
    return path.isEmpty ? "\(bounds) \(permissions)" : "\(bounds) \(permissions) \(path)"
  }

  /// The four letters of the permission column, "rw-p".
  public var permissions: String {
    (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-")
      + (isShared ? "s" : "p")
  }

  /// Whether smaps shows `flag`; false where only maps was read.
  public func has(_ flag: Flag) -> Bool { usage?.flags.contains(flag) ?? false }
}
