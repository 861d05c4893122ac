/// A mounted file system, as a line of /proc/PID/mountinfo shows it.
public struct FileSystemMount: Equatable, Sendable {
  /// The device that `maps` shows for files on it.
  public let device: DeviceNumber
  /// Where it is mounted.
  public let path: String
  /// Its type, such as `ext4`.
  public let type: String
  /// Whether it maps persistent memory directly (`dax`, `dax=always`), which cannot be pinned for long.
  public let isDirectAccess: Bool

  /// Reads the mounts of this process; empty where /proc is not there.
  public static func all() -> [FileSystemMount] {
    parse((try? TextFile.read("/proc/self/mountinfo")) ?? "")
  }

  /// Reads the text of a mountinfo file.
  public static func parse(_ text: String) -> [FileSystemMount] {
    text.split(scalar: "\n")
      .compactMap { line in
        let fields = line.split(scalar: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 1 else {
          return nil
        }
        guard let device = DeviceNumber(fields[2]) else { return nil }
        let options = fields[dash...].last?.split(scalar: ",") ?? []
        return FileSystemMount(
          device: device,
          path: String(fields[4]),
          type: String(fields[dash + 1]),
          isDirectAccess: options.contains { $0 == "dax" || $0 == "dax=always" }
        )
      }
  }
}
