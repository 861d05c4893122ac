import LinuxSystem

/// What backs a buffer that is to be registered.
public enum MemoryKind: Hashable, Sendable {
  /// Private anonymous memory in base pages, with transparent huge pages off.
  case anonymous
  /// Private anonymous memory under `MADV_HUGEPAGE`.
  case transparentHuge
  /// Private anonymous memory from a hugetlb pool.
  case hugetlb(HugePageSize)
  /// A shared mapping of an unnamed file in memory (`memfd_create(2)`).
  case memfd
  /// A shared mapping of the file at a path.
  case file(String)

  /// The multiple of bytes that a mapping of this kind is made of.
  public var granule: UInt64 {
    switch self {
    case .anonymous, .memfd, .file: UInt64(BasePage.size)
    case .transparentHuge: HugePageSize.twoMebibytes.rawValue
    case .hugetlb(let size): size.rawValue
    }
  }

  /// The name that the command line and JSON use.
  public var name: String {
    switch self {
    case .anonymous: "anonymous"
    case .transparentHuge: "thp"
    case .hugetlb(.twoMebibytes): "hugetlb:2M"
    case .hugetlb(.oneGibibyte): "hugetlb:1G"
    case .memfd: "memfd"
    case .file(let path): "file:\(path)"
    }
  }

  /// Reads `anonymous|thp|hugetlb[:2M|1G]|memfd|file:PATH`; `nil` for anything else.
  public init?(name: String) {
    switch name {
    case "anonymous": self = .anonymous
    case "thp": self = .transparentHuge
    case "hugetlb", "hugetlb:2M": self = .hugetlb(.twoMebibytes)
    case "hugetlb:1G": self = .hugetlb(.oneGibibyte)
    case "memfd": self = .memfd
    default:
      guard name.hasPrefix("file:"), name.utf8.count > 5 else { return nil }
      self = .file(String(name.dropFirst(5)))
    }
  }
}
