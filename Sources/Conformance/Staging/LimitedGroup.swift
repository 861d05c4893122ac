internal import CLinux
import Glibc
import HostMemory

/// A control group of its own with limits of one controller; removed with the object.
final class LimitedGroup {
  private let root: String
  private let path: String
  private let controller: String
  private let enabledController: Bool

  /// Makes a group without limits; skips where the controller is not to be had.
  init(controller: String) throws {
    let code = clinux_enter_mount_namespace()
    guard code == 0 else { throw Skip("no mount namespace: \(ErrnoName.symbol(code))") }
    let root = try TemporaryDirectory.make()
    let mounted = unsafe clinux_mount("none", root, "cgroup2", nil)
    guard mounted == 0 else {
      unsafe rmdir(root)
      throw Skip("no cgroup2 file system: \(ErrnoName.symbol(mounted))")
    }
    let controllers = TextFile.firstLine("\(root)/cgroup.controllers") ?? ""
    guard controllers.split(separator: " ").contains(Substring(controller)) else {
      throw Skip("no \(controller) controller in cgroup2, only: \(controllers)")
    }
    let enabled = TextFile.firstLine("\(root)/cgroup.subtree_control") ?? ""
    enabledController = !enabled.split(separator: " ").contains(Substring(controller))
    if enabledController {
      try KernelSwitch.write("+\(controller)", to: "\(root)/cgroup.subtree_control")
    }
    self.root = root
    self.controller = controller
    path = "\(root)/memreg-check-\(getpid())"
    _ = try SystemError.check("make a control group", result: unsafe mkdir(path, 0o755))
  }

  /// Sets a limit by the name of its file.
  func set(_ file: String, _ limit: String) throws {
    try KernelSwitch.write(limit, to: "\(path)/\(file)")
  }

  /// Bytes of memory that the group has (`memory.current`).
  var current: UInt64 {
    get throws { TextFile.firstLine("\(path)/memory.current").flatMap { UInt64($0) } ?? 0 }
  }

  /// Moves the calling process into the group.
  func enter() throws { try KernelSwitch.write("\(getpid())", to: "\(path)/cgroup.procs") }

  deinit {
    unsafe rmdir(path)
    if enabledController {
      try? KernelSwitch.write("-\(controller)", to: "\(root)/cgroup.subtree_control")
    }
  }
}
