internal import CFixtures
import Glibc
import LinuxSystem

/// The control groups of the system (cgroup2), mounted where no other process sees them.
final class GroupHierarchy {
  /// How the names of groups of checks begin.
  static let prefix = "memreg-check-"

  private let directory: TemporaryDirectory
  /// Where the root group is.
  var root: String { directory.path }

  /// Mounts it; skips if that cannot be done.
  init() throws {
    if let code = Errno(status: fixtures_enter_mount_namespace()) {
      throw Skip("no mount namespace: \(code.name)")
    }
    directory = try TemporaryDirectory()
    let mounted = unsafe fixtures_mount("none", directory.path, "cgroup2", nil)
    if let code = Errno(status: mounted) { throw Skip("no cgroup2 file system: \(code.name)") }
  }

  /// Whether the root gives `controller` to its groups.
  func enables(_ controller: String) -> Bool {
    let enabled = TextFile.firstLine("\(root)/cgroup.subtree_control") ?? ""
    return enabled.split(separator: " ").contains(Substring(controller))
  }

  /// Makes and locks a group, after removing those that killed processes left behind; returns the locked descriptor.
  func makeGroup(_ name: String) throws(SystemError) -> Int32 {
    // Nobody may take a group for abandoned between its making and its lock.
    let turn = try open(root)
    defer { close(turn) }
    _ = try SystemError.check("lock \(root)", result: flock(turn, LOCK_EX))
    for name in Directory.names(in: root) where name.hasPrefix(GroupHierarchy.prefix) {
      guard let left = try? open("\(root)/\(name)") else { continue }
      if flock(left, LOCK_EX | LOCK_NB) == 0 { removeGroup("\(root)/\(name)") }
      close(left)
    }
    let path = "\(root)/\(name)"
    _ = try SystemError.check("make a control group", result: unsafe mkdir(path, 0o755))
    let descriptor = try open(path)
    _ = try SystemError.check("lock \(path)", result: flock(descriptor, LOCK_EX | LOCK_NB))
    return descriptor
  }

  private func open(_ directory: String) throws(SystemError) -> Int32 {
    try SystemError.check(
      "open \(directory)",
      result: unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    )
  }

  /// Removes a group; one whose rdma limits cannot be lifted stays.
  private func removeGroup(_ path: String) {
    guard RDMALimits.lift(in: path) else { return }
    _ = unsafe rmdir(path)
  }

  /// Removes a group, and its controller unless the root had it before; whether it is gone.
  func remove(_ name: String, controller: String, wasEnabled: Bool) -> Bool {
    let path = "\(root)/\(name)"
    removeGroup(path)
    // Without the controller every group loses its limits as if it were removed.
    let isLimited = Directory.names(in: root).contains { RDMALimits.areSet(in: "\(root)/\($0)") }
    if !wasEnabled, !isLimited {
      try? KernelSwitch.write("-\(controller)", to: "\(root)/cgroup.subtree_control")
    }
    return unsafe access(path, F_OK) != 0
  }

  deinit { _ = unsafe umount2(root, Int32(MNT_DETACH)) }
}
