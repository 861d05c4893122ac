/// The PID namespace (pid_namespaces(7)).
public enum ProcessNamespace {
  // PROC_PID_INIT_INO of `include/linux/proc_ns.h`.
  private static let initialName = "pid:[4026531836]"

  /// Whether `pid` is in the initial PID namespace, where no ancestor is out of sight; false where that is hidden.
  public static func isInitial(ofProcess pid: Int32) -> Bool {
    SymbolicLink.target(of: "/proc/\(pid)/ns/pid") == initialName
  }
}
