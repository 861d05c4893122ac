import Glibc

/// The directory of a control group in a mounted hierarchy.
public struct ControlGroupDirectory: Equatable, Sendable {
  /// The group's path as the process's cgroup file shows it.
  public let group: String
  /// Where its files are.
  public let path: String

  /// The groups that `controller` counts `pid` in, `nil` being this process: its own first, the hierarchy's root last.
  ///
  /// Empty if the controller or its mount is missing. In a cgroup namespace, groups above its root are out of sight,
  /// unless the mount is still the one from outside: then the process is looked for below it.
  public static func all(
    of controller: String,
    ofProcess pid: Int32? = nil
  ) -> [ControlGroupDirectory] {
    let file = "/proc/\(pid.map(String.init) ?? "self")/cgroup"
    return all(
      of: controller,
      membership: (try? TextFile.read(file)) ?? "",
      mounts: (try? TextFile.read("/proc/self/mountinfo")) ?? "",
      locate: { ControlGroupDirectory.path(of: pid ?? getpid(), below: $0) }
    )
  }

  /// Finds the groups in the texts of a cgroup and a mountinfo file; `locate` finds the process's group below the mount
  /// point of a hierarchy that was mounted outside the cgroup namespace.
  public static func all(
    of controller: String,
    membership: String,
    mounts: String,
    locate: (_ point: String) -> [Substring]? = { _ in nil }
  ) -> [ControlGroupDirectory] {
    guard let (path, isUnified) = place(of: controller, in: membership) else { return [] }
    // A later mount hides an earlier one at the same place.
    for mount in mounts.split(scalar: "\n").reversed() {
      guard let (root, point) = hierarchy(mount, of: isUnified ? nil : controller) else { continue }
      var above = root.split(scalar: "/")
      var parts = path.split(scalar: "/")
      // A mount from outside the cgroup namespace has its root above ours, by which no path can be told.
      if above.first == ".." {
        let found = locate(String(point))
        parts = found ?? []
        if found != nil { above = [] }
      } else if parts.first == ".." {
        return []
      } else if parts.starts(with: above) {
        parts.removeFirst(above.count)
      } else {
        continue
      }
      return (0...parts.count).reversed()
        .map { count in
          let below = parts.prefix(count).map { "/\($0)" }.joined()
          let group = (above.map { "/\($0)" }.joined()) + below
          return ControlGroupDirectory(group: group.isEmpty ? "/" : group, path: point + below)
        }
    }
    return []
  }

  /// How many groups are looked through for a process.
  private static let mostGroups = 8192

  // The path of the group below `point` that lists `pid`, the nearest to `point` first.
  private static func path(of pid: Int32, below point: String) -> [Substring]? {
    let wanted = Substring("\(pid)")
    var groups = [""]
    var next = 0
    while next < groups.count {
      let group = groups[next]
      next += 1
      let processes = (try? TextFile.read("\(point)\(group)/cgroup.procs")) ?? ""
      if processes.split(scalar: "\n").contains(wanted) { return group.split(scalar: "/") }
      for name in Directory.names(in: point + group) where groups.count < mostGroups {
        let below = "\(group)/\(name)"
        if unsafe access("\(point)\(below)/cgroup.procs", F_OK) == 0 { groups.append(below) }
      }
    }
    return nil
  }

  // The path in the hierarchy of version 1 that has the controller, else in the unified one.
  private static func place(
    of controller: String,
    in membership: String
  ) -> (path: Substring, isUnified: Bool)? {
    var unified: Substring?
    for line in membership.split(scalar: "\n") {
      let fields = line.split(scalar: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[1].split(scalar: ",").contains(Substring(controller)) {
        return (fields[2], false)
      }
      if fields[0] == "0" { unified = fields[2] }
    }
    return unified.map { ($0, true) }
  }

  // Root and mount point of a line of mountinfo; `controller` is `nil` for the unified hierarchy.
  private static func hierarchy(
    _ line: Substring,
    of controller: String?
  ) -> (root: Substring, point: Substring)? {
    let fields = line.split(scalar: " ")
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 1 else {
      return nil
    }
    let type = fields[dash + 1]
    let options = fields[dash...].last?.split(scalar: ",") ?? []
    let isWanted =
      controller.map { type == "cgroup" && options.contains(Substring($0)) } ?? (type == "cgroup2")
    return isWanted ? (fields[3], fields[4]) : nil
  }
}
