/// A limit of a control group on huge pages of one size (`mm/hugetlb_cgroup.c`).
public struct HugetlbControlGroup: Equatable, Sendable {
  /// The group's path.
  public let group: String
  /// The file that holds the limit.
  public let file: String
  /// The limit in bytes.
  public let limit: UInt64
  /// Bytes in use, or reserved if the limit is one on reservations.
  public let current: UInt64

  /// Bytes that can still be taken.
  public var free: UInt64 { limit - min(limit, current) }

  /// The limits on pages of `pageBytes` for `pid`, `nil` being this process; innermost first.
  public static func all(
    pageBytes: UInt64,
    ofProcess pid: Int32? = nil
  ) -> [HugetlbControlGroup] {
    let size = pageBytes >= 1 << 30 ? "\(pageBytes >> 30)GB" : "\(pageBytes >> 20)MB"
    // A limit on reservations strikes at mmap, the other one when a page is used.
    let files = [
      ("hugetlb.\(size).max", "hugetlb.\(size).current"),
      ("hugetlb.\(size).rsvd.max", "hugetlb.\(size).rsvd.current"),
      ("hugetlb.\(size).limit_in_bytes", "hugetlb.\(size).usage_in_bytes"),
      ("hugetlb.\(size).rsvd.limit_in_bytes", "hugetlb.\(size).rsvd.usage_in_bytes"),
    ]
    return ControlGroupDirectory.all(of: "hugetlb", ofProcess: pid)
      .flatMap { directory in
        files.compactMap { HugetlbControlGroup(directory, limit: $0.0, current: $0.1) }
      }
  }

  private init?(_ directory: ControlGroupDirectory, limit: String, current: String) {
    func number(_ name: String) -> UInt64? {
      TextFile.firstLine("\(directory.path)/\(name)").flatMap { UInt64($0) }
    }
    // Version 1 writes "no limit" as the largest multiple of a page.
    guard let most = number(limit), most < 1 << 62 else { return nil }
    group = directory.group
    file = "\(directory.path)/\(limit)"
    self.limit = most
    self.current = number(current) ?? 0
  }
}
