import LinuxSystem

/// What keeps huge pages from being mapped: a control group, the nodes of a cpuset, or the pool.
public struct HugePageShortage: Equatable, Sendable {
  /// The kinds.
  public enum Kind: Equatable, Sendable {
    case controlGroup
    case nodes
    case pool
  }

  /// Which kind.
  public let kind: Kind
  /// The cause with its numbers.
  public let reason: String
  /// What to do about it.
  public let remedy: String

  /// Says why `pages` more pages of `size` cannot be had by `pid`, `nil` being this process.
  public init(of size: HugePageSize, pages: UInt64, ofProcess pid: Int32? = nil) {
    let page = SizeText.text(size.rawValue)
    let bytes = pages.multiplied(clamped: size.rawValue)
    let full = HugetlbControlGroup.all(pageBytes: size.rawValue, ofProcess: pid)
      .first { $0.free < bytes }
    let directory = "hugepages/hugepages-\(size.rawValue / 1024)kB"
    let free = size.freePages
    if let full, full.free / size.rawValue < free ?? 0 {
      kind = .controlGroup
      let name = full.file.split(scalar: "/").last ?? ""
      reason =
        "control group \(full.group) allows \(SizeText.text(full.limit)) of \(page) pages (\(name)) and uses "
        + SizeText.text(full.current)
      remedy = "echo max >\(full.file)    # as root"
    } else if let allowed = size.freePages(ofProcess: pid), allowed.pages < min(pages, free ?? 0) {
      kind = .nodes
      let nodes = allowed.nodes.sorted()
      let names = nodes.map(String.init).joined(separator: ",")
      reason =
        "it takes \(pages) huge pages of \(page); of the \(free ?? 0) that are free, \(allowed.pages) are on the NUMA "
        + "nodes this process may use (\(names))"
      remedy =
        "echo \(pages - allowed.pages + (size.totalPages(on: nodes.first ?? 0) ?? 0)) "
        + ">/sys/devices/system/node/node\(nodes.first ?? 0)/\(directory)/nr_hugepages    # as root; or widen cpuset.mems"
    } else {
      kind = .pool
      reason =
        "it takes \(pages) huge pages, the pool has \(free.map { "\($0) free" } ?? "no such pool")"
      let lacking = pages - min(pages, free ?? 0)
      remedy =
        size.totalPages.map { total in
          "echo \(total.adding(clamped: lacking)) >/sys/kernel/mm/\(directory)/nr_hugepages    # as root"
        } ?? "boot with hugepagesz=\(size.rawValue >> 20)M hugepages=\(pages)"
    }
  }
}
