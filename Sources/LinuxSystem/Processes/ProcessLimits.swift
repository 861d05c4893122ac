/// The resource limits of a process that its size meets, in bytes (`/proc/PID/limits`); `nil` is "unlimited".
public struct ProcessLimits: Equatable, Sendable {
  /// RLIMIT_AS: all mappings together.
  public let addressSpace: UInt64?
  /// RLIMIT_DATA: private writable mappings together.
  public let data: UInt64?
  /// The size of all mappings now (`VmSize`).
  public let mapped: UInt64
  /// The size of private writable mappings now (`VmData`).
  public let mappedData: UInt64

  /// Reads `pid`, `nil` being this process; throws ENOENT if it is gone, EACCES if hidden.
  public init(ofProcess pid: Int32? = nil) throws(SystemError) {
    let directory = "/proc/\(pid.map(String.init) ?? "self")"
    self.init(
      limits: try TextFile.read("\(directory)/limits"),
      status: try TextFile.read("\(directory)/status")
    )
  }

  /// Reads the texts of a limits and a status file.
  public init(limits: String, status: String) {
    func field(_ text: String, _ name: String) -> UInt64? {
      text.split(scalar: "\n").first { $0.hasPrefix(name) }?.dropFirst(name.utf8.count)
        .split { $0 == " " || $0 == "\t" }.first.flatMap { UInt64($0) }
    }
    addressSpace = field(limits, "Max address space")
    data = field(limits, "Max data size")
    mapped = (field(status, "VmSize:") ?? 0) * 1024
    mappedData = (field(status, "VmData:") ?? 0) * 1024
  }
}
