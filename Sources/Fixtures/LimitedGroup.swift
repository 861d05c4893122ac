internal import CFixtures
import Glibc
import LinuxSystem

/// A control group of its own with limits of one controller; removed with the object.
package final class LimitedGroup {
  private let hierarchy: GroupHierarchy
  private let name = "\(GroupHierarchy.prefix)\(getpid())"
  private let controller: String
  private let wasEnabled: Bool
  private let record: StagingRecord
  /// Holds a lock on the group until this process and its forks have ended.
  private let descriptor: Int32
  private var path: String { "\(hierarchy.root)/\(name)" }

  /// Makes a group without limits; skips if the controller is unavailable.
  package init(controller: String) throws {
    self.controller = controller
    // First, as it removes the group of a process that was killed.
    record = try StagingRecord("group-\(controller)", for: .groups)
    let hierarchy = try GroupHierarchy()
    self.hierarchy = hierarchy
    let controllers = TextFile.firstLine("\(hierarchy.root)/cgroup.controllers") ?? ""
    guard controllers.split(separator: " ").contains(Substring(controller)) else {
      throw Skip("no \(controller) controller in cgroup2, only: \(controllers)")
    }
    let wasEnabled = hierarchy.enables(controller)
    self.wasEnabled = wasEnabled
    try record.add(.removeGroup(name, controller: controller, wasEnabled: wasEnabled))
    if !wasEnabled {
      try KernelSwitch.write("+\(controller)", to: "\(hierarchy.root)/cgroup.subtree_control")
    }
    descriptor = try hierarchy.makeGroup(name)
  }

  /// Sets a limit by the name of its file.
  package func set(_ file: String, _ limit: String) throws {
    try KernelSwitch.write(limit, to: "\(path)/\(file)")
  }

  /// Bytes of memory that the group has (`memory.current`).
  package var current: UInt64 {
    get throws { TextFile.firstLine("\(path)/memory.current").flatMap { UInt64($0) } ?? 0 }
  }

  /// Moves the calling process into the group.
  package func enter() throws { try KernelSwitch.write("\(getpid())", to: "\(path)/cgroup.procs") }

  deinit { close(descriptor) }

  /// Removes a group that a process has left; whether it is gone.
  static func remove(_ name: String, controller: String, wasEnabled: Bool) -> Bool {
    guard let hierarchy = try? GroupHierarchy() else { return false }
    return hierarchy.remove(name, controller: controller, wasEnabled: wasEnabled)
  }
}
