/// The processes of this pid namespace.
public enum ProcessList {
  /// The ids of all processes in /proc, ascending.
  public static func all() -> [Int32] {
    Directory.names(in: "/proc").compactMap { Int32($0) }.sorted()
  }
}
