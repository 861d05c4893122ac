extension Memreg {
  /// Runs `command` in the control group `path` of version 2, which is made if it is not there, after `setup`; then `end`.
  ///
  /// All three are lines of shell, to which `$g` is the group's directory.
  static func shell(
    inGroup path: String,
    of controller: String,
    after setup: String,
    _ command: String,
    end: String = ""
  ) async throws -> Result {
    try await shell(
      """
      mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
      echo +\(controller) > /sys/fs/cgroup/cgroup.subtree_control
      g=/sys/fs/cgroup/\(path)
      mkdir -p $g
      \(setup)
      (echo 0 > $g/cgroup.procs; \(command))
      \(end)
      """
    )
  }
}
