import Glibc
import LinuxSystem

/// The file behind a mapping, as far as it can be found by name or descriptor.
public struct MappedFile: Equatable, Sendable {
  /// The file system's type; `tmpfs` for memfd and shared anonymous memory, `nil` where it is not mounted in sight.
  public let type: String?
  /// Whether the file system maps persistent memory directly.
  public let isDirectAccess: Bool
  /// The file's size in bytes, `nil` where the file cannot be found any more.
  public let size: UInt64?

  /// Describes a file.
  public init(type: String?, isDirectAccess: Bool = false, size: UInt64?) {
    self.type = type
    self.isDirectAccess = isDirectAccess
    self.size = size
  }

  /// Finds the file of `area` in process `pid`; `nil` where the area has none.
  public init?(behind area: VirtualMemoryArea, ofProcess pid: Int32?) {
    guard area.inode != 0, !area.path.hasPrefix("[") else { return nil }
    let mount = FileSystemMount.all().last { $0.device == area.device }
    let isShared = ["/memfd:", "/SYSV", "/dev/zero"].contains { area.path.hasPrefix($0) }
    self.init(
      type: mount?.type ?? (isShared ? "tmpfs" : nil),
      isDirectAccess: mount?.isDirectAccess ?? false,
      size: MappedFile.size(of: area, in: "/proc/\(pid.map(String.init) ?? "self")")
    )
  }

  /// Whether writes through a shared mapping are tracked, which since 6.5 keeps them from being pinned for writing.
  public var tracksDirtyPages: Bool {
    guard let type else { return false }
    return !["tmpfs", "devtmpfs", "ramfs", "hugetlbfs", "secretmem"].contains(type)
  }

  private static func size(of area: VirtualMemoryArea, in process: String) -> UInt64? {
    let bounds = "\(String(area.range.start, radix: 16))-\(String(area.range.end, radix: 16))"
    let descriptors = Directory.names(in: "\(process)/fd").map { "\(process)/fd/\($0)" }
    for path in [area.path, "\(process)/map_files/\(bounds)"] + descriptors {
      var status = stat()
      guard unsafe stat(path, &status) == 0, UInt64(status.st_ino) == area.inode,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      return UInt64(status.st_size)
    }
    return nil
  }
}
