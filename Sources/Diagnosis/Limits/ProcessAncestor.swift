public import HostMemory
public import LinuxSystem

/// One process on the way from a process to the first of its pid namespace.
public struct ProcessAncestor: Equatable, Sendable {
  /// The process id.
  public let pid: Int32
  /// Its name, at most 15 bytes (`Name` of status).
  public let name: String
  /// Its memlock limit; `nil` where that is another user's secret.
  public let limit: Memlock?
  /// Its control group.
  public let group: ControlGroup?

  /// Describes a process.
  public init(pid: Int32, name: String, limit: Memlock?, group: ControlGroup?) {
    self.pid = pid
    self.name = name
    self.limit = limit
    self.group = group
  }

  /// Reads `pid` and its ancestors, nearest first; throws ENOENT where `pid` is gone.
  public static func chain(from pid: Int32) throws(SystemError) -> [ProcessAncestor] {
    var status = try ProcessStatus(ofProcess: pid)
    var current = pid
    var chain: [ProcessAncestor] = []
    while true {
      chain.append(
        ProcessAncestor(
          pid: current,
          name: status.name,
          limit: try? Memlock(ofProcess: current),
          group: ControlGroup(ofProcess: current)
        )
      )
      let parent = status.parent
      guard parent > 0, !chain.contains(where: { $0.pid == parent }),
        let next = try? ProcessStatus(ofProcess: parent)
      else { return chain }
      status = next
      current = parent
    }
  }

  /// "sshd (pid 912)".
  public var label: String { "\(name) (pid \(pid))" }
}
