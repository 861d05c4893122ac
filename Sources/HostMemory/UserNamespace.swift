/// The user namespace of this process, which decides whether a capability counts for pinning.
public enum UserNamespace {
  /// Whether this is the initial user namespace: its uid map covers all ids one to one (/proc/self/uid_map).
  public static var isInitial: Bool {
    guard let map = TextFile.firstLine("/proc/self/uid_map") else { return true }
    return map.split(separator: " ") == ["0", "0", "4294967295"]
  }
}
