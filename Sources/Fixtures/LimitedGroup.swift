internal import CFixtures
import Glibc
import LinuxSystem

/// A control group of its own with limits of one controller; removed with the object.
package final class LimitedGroup {
  private static let prefix = "memreg-check-"

  private let root: String
  private let path: String
  private let controller: String
  private let enabledController: Bool
  /// Holds a lock on the group until this process and its forks have ended.
  private let descriptor: Int32

  /// Makes a group without limits; skips where the controller is not to be had.
  package init(controller: String) throws {
    if let code = Errno(status: fixtures_enter_mount_namespace()) {
      throw Skip("no mount namespace: \(code.name)")
    }
    let root = try TemporaryDirectory.make()
    let mounted = unsafe fixtures_mount("none", root, "cgroup2", nil)
    if let code = Errno(status: mounted) {
      unsafe rmdir(root)
      throw Skip("no cgroup2 file system: \(code.name)")
    }
    let controllers = TextFile.firstLine("\(root)/cgroup.controllers") ?? ""
    guard controllers.split(separator: " ").contains(Substring(controller)) else {
      LimitedGroup.unmount(root)
      throw Skip("no \(controller) controller in cgroup2, only: \(controllers)")
    }
    let enabled = TextFile.firstLine("\(root)/cgroup.subtree_control") ?? ""
    enabledController = !enabled.split(separator: " ").contains(Substring(controller))
    if enabledController {
      try KernelSwitch.write("+\(controller)", to: "\(root)/cgroup.subtree_control")
    }
    self.root = root
    self.controller = controller
    path = "\(root)/\(LimitedGroup.prefix)\(getpid())"
    descriptor = try LimitedGroup.make(path, in: root)
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

  deinit {
    LimitedGroup.remove(path)
    // Without the controller every group loses its limits as if it were removed.
    let isLimited = Directory.names(in: root).contains { RDMALimits.areSet(in: "\(root)/\($0)") }
    if enabledController, !isLimited {
      try? KernelSwitch.write("-\(controller)", to: "\(root)/cgroup.subtree_control")
    }
    close(descriptor)
    LimitedGroup.unmount(root)
  }
}

extension LimitedGroup {
  /// Makes and locks a group, after removing those that killed processes left behind; returns the locked descriptor.
  private static func make(_ path: String, in root: String) throws(SystemError) -> Int32 {
    // Nobody may take a group for abandoned between its making and its lock.
    let turn = try open(root)
    defer { close(turn) }
    _ = try SystemError.check("lock \(root)", result: flock(turn, LOCK_EX))
    for name in Directory.names(in: root) where name.hasPrefix(prefix) {
      guard let left = try? open("\(root)/\(name)") else { continue }
      if flock(left, LOCK_EX | LOCK_NB) == 0 { remove("\(root)/\(name)") }
      close(left)
    }
    _ = try SystemError.check("make a control group", result: unsafe mkdir(path, 0o755))
    let descriptor = try open(path)
    _ = try SystemError.check("lock \(path)", result: flock(descriptor, LOCK_EX | LOCK_NB))
    return descriptor
  }

  /// Removes a group; one whose rdma limits cannot be lifted stays.
  private static func remove(_ path: String) {
    guard RDMALimits.lift(in: path) else { return }
    _ = unsafe rmdir(path)
  }

  private static func open(_ directory: String) throws(SystemError) -> Int32 {
    try SystemError.check(
      "open \(directory)",
      result: unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    )
  }

  private static func unmount(_ root: String) {
    _ = unsafe umount2(root, Int32(MNT_DETACH))
    _ = unsafe rmdir(root)
  }
}
