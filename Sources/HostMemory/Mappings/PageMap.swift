import Glibc
public import LinuxSystem

/// The page table of a process as /proc/PID/pagemap shows it, one entry for each base page.
public struct PageMap: ~Copyable, Sendable {
  /// One base page.
  public struct Entry: Equatable, Sendable {
    /// The 64 bits as `Documentation/admin-guide/mm/pagemap.rst` lays them out.
    public let rawValue: UInt64

    /// Takes the bits of an entry.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Whether the page is in memory and mapped.
    public var isPresent: Bool { rawValue >> 63 & 1 == 1 }
    /// Whether the page is swapped out.
    public var isSwapped: Bool { rawValue >> 62 & 1 == 1 }
    /// Whether the page is of a file or of shared memory.
    public var isFileOrShared: Bool { rawValue >> 61 & 1 == 1 }
    /// Whether no other process maps the page.
    public var isExclusive: Bool { rawValue >> 56 & 1 == 1 }
    /// Whether a userfaultfd protects the page against writing.
    public var isWriteProtected: Bool { rawValue >> 57 & 1 == 1 }
    /// Whether the page is a guard region (`MADV_GUARD_INSTALL`), which faults with SIGSEGV; shown from 6.15.
    public var isGuard: Bool { rawValue >> 58 & 1 == 1 }
    /// Whether the page was written since the soft-dirty bits were last cleared.
    public var isSoftDirty: Bool { rawValue >> 55 & 1 == 1 }

    /// The page frame number; `nil` where absent, or hidden from those without CAP_SYS_ADMIN.
    public var frame: UInt64? {
      let frame = rawValue & (1 << 55 - 1)
      return isPresent && frame != 0 ? frame : nil
    }
  }

  private let descriptor: Int32
  private let pid: Int32?

  /// Opens the page table of `pid`, `nil` being this process; throws ENOENT or EACCES.
  public init(ofProcess pid: Int32? = nil) throws(SystemError) {
    let path = "/proc/\(pid.map(String.init) ?? "self")/pagemap"
    self.pid = pid
    descriptor = try SystemError.check(
      "open \(path)",
      result: unsafe open(path, O_RDONLY | O_CLOEXEC)
    )
  }

  /// Passes the entry of each base page that `range` touches to `body`, with the page's address.
  public func forEach(
    in range: AddressRange,
    _ body: (_ address: UInt64, _ entry: Entry) -> Void
  ) throws(SystemError) {
    let page = UInt64(BasePage.size)
    var chunk = [UInt64](repeating: 0, count: 4096)
    var index = range.start / page
    let end = index + range.pages
    while index < end {
      let wanted = Int(min(UInt64(chunk.count), end - index))
      let count = try SystemError.check(
        "read the page map of process \(pid.map(String.init) ?? "self")",
        result: unsafe pread(descriptor, &chunk, wanted * 8, off_t(index * 8))
      )
      guard count >= 8 else { return }
      for slot in 0..<count / 8 {
        body((index + UInt64(slot)) * page, Entry(rawValue: chunk[slot]))
      }
      index += UInt64(count / 8)
    }
  }

  /// The entries of all base pages that `range` touches, by ascending address.
  public func entries(in range: AddressRange) throws(SystemError) -> [Entry] {
    var entries: [Entry] = []
    try forEach(in: range) { _, entry in entries.append(entry) }
    return entries
  }

  deinit { close(descriptor) }
}
