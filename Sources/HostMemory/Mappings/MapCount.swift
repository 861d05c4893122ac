public import LinuxSystem

/// How many mappings a process has and may have.
public enum MapCount {
  /// The mappings of `pid`, `nil` being this process; throws ENOENT or EACCES.
  public static func current(ofProcess pid: Int32? = nil) throws(SystemError) -> UInt64 {
    let text = try TextFile.read("/proc/\(pid.map(String.init) ?? "self")/maps")
    return UInt64(text.utf8.count { $0 == UInt8(ascii: "\n") })
  }

  /// The most that the kernel allows (`vm.max_map_count`).
  public static var limit: UInt64? {
    TextFile.firstLine("/proc/sys/vm/max_map_count").flatMap { UInt64($0) }
  }
}
