import Glibc

/// The user namespace of a process, which decides whether a capability counts for pinning.
public enum UserNamespace {
  // PROC_USER_INIT_INO of `include/linux/proc_ns.h`.
  private static let initialName = "user:[4026531837]"

  /// Whether this process is in the initial user namespace.
  public static var isInitial: Bool { isInitial(ofProcess: nil) }

  /// Whether `pid`, `nil` being this process, is in the initial user namespace.
  ///
  /// Where /proc/PID/ns is another user's, the id map decides: the initial one maps all ids one to one.
  public static func isInitial(ofProcess pid: Int32?) -> Bool {
    let process = "/proc/\(pid.map(String.init) ?? "self")"
    if let name = SymbolicLink.target(of: "\(process)/ns/user") { return name == initialName }
    guard let map = TextFile.firstLine("\(process)/uid_map") else { return true }
    return map.split(scalar: " ") == ["0", "0", "4294967295"]
  }
}
