internal import CLinux
import Glibc
import HostMemory

/// A control group of its own with a limit of the rdma controller; removed with the object.
final class LimitedGroup {
  private let root: String
  private let path: String
  private let enabledController: Bool

  /// Makes a group that may hold `objects` objects of `device`; skips where the controller is not to be had.
  init(device: String, objects: Int) throws {
    let code = clinux_enter_mount_namespace()
    guard code == 0 else { throw Skip("no mount namespace: \(ErrnoName.symbol(code))") }
    let root = try TemporaryDirectory.make()
    let mounted = unsafe clinux_mount("none", root, "cgroup2", nil)
    guard mounted == 0 else {
      unsafe rmdir(root)
      throw Skip("no cgroup2 file system: \(ErrnoName.symbol(mounted))")
    }
    let controllers = TextFile.firstLine("\(root)/cgroup.controllers") ?? ""
    guard controllers.split(separator: " ").contains("rdma") else {
      throw Skip("no rdma controller in cgroup2, only: \(controllers)")
    }
    let enabled = TextFile.firstLine("\(root)/cgroup.subtree_control") ?? ""
    enabledController = !enabled.split(separator: " ").contains("rdma")
    if enabledController { try KernelSwitch.write("+rdma", to: "\(root)/cgroup.subtree_control") }
    self.root = root
    path = "\(root)/memreg-check-\(getpid())"
    _ = try SystemError.check("make a control group", result: unsafe mkdir(path, 0o755))
    let limit = "\(device) hca_handle=max hca_object=\(objects)"
    try KernelSwitch.write(limit, to: "\(path)/rdma.max")
  }

  /// Moves the calling process into the group.
  func enter() throws { try KernelSwitch.write("\(getpid())", to: "\(path)/cgroup.procs") }

  deinit {
    unsafe rmdir(path)
    if enabledController {
      try? KernelSwitch.write("-rdma", to: "\(root)/cgroup.subtree_control")
    }
  }
}
