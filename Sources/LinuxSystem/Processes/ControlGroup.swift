/// Where a process stands in the control groups (/proc/PID/cgroup).
public struct ControlGroup: Equatable, Sendable {
  /// The path in the unified hierarchy, "/" at its root; or in the rdma or first hierarchy of version 1.
  public let path: String

  /// Names a group.
  public init(path: String) { self.path = path }

  /// Reads the group of `pid`, `nil` being this process; `nil` where the kernel has no control groups.
  public init?(ofProcess pid: Int32? = nil) {
    let file = "/proc/\(pid.map(String.init) ?? "self")/cgroup"
    guard let text = try? TextFile.read(file) else { return nil }
    self.init(parsing: text)
  }

  /// Reads the text of a cgroup file, preferring the hierarchy that has the rdma controller.
  public init?(parsing text: String) {
    var unified: String?
    var rdma: String?
    var first: String?
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let path = String(fields[2])
      if fields[0] == "0" { unified = path }
      if fields[1].split(scalar: ",").contains("rdma") { rdma = path }
      if first == nil { first = path }
    }
    guard let path = rdma ?? unified ?? first else { return nil }
    self.path = path
  }

  /// The names of the path's parts, from the root down.
  public var components: [String] { path.split(scalar: "/").map(String.init) }

  /// The innermost `.service` or `.scope` unit of systemd on the path.
  public var unit: String? {
    components.last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }
  }
}
