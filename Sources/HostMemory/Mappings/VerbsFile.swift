internal import LinuxSystem

/// The character device of user space verbs, by the path that /proc shows for a descriptor or a mapping.
public struct VerbsFile: Hashable, Sendable {
  /// The name under /dev/infiniband, such as `uverbs0`.
  public let name: String
  /// Whether the device has been removed while the file was open.
  public let isDeviceGone: Bool

  /// Recognises "/dev/infiniband/uverbs0", wherever /dev is mounted, with or without " (deleted)".
  public init?(path: String) {
    let deleted = " (deleted)"
    isDeviceGone = path.hasSuffix(deleted)
    let parts = (isDeviceGone ? path.dropLast(deleted.count) : path[...]).split(scalar: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "infiniband", let file = parts.last,
      file.hasPrefix("uverbs"), UInt32(file.dropFirst("uverbs".count)) != nil
    else { return nil }
    name = String(file)
  }
}
