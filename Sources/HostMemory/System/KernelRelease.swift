/// The first two numbers of a kernel's release; for what cannot be found out by trying.
public struct KernelRelease: Comparable, Sendable {
  /// The major number.
  public let major: Int
  /// The minor number.
  public let minor: Int

  /// Names a release.
  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// The running kernel's (/proc/sys/kernel/osrelease), 0.0 where it does not say.
  public static var current: KernelRelease {
    let parts = (TextFile.firstLine("/proc/sys/kernel/osrelease") ?? "")
      .split { $0 == "." || $0 == "-" }.prefix(2).map { Int($0) ?? 0 }
    return KernelRelease(major: parts.first ?? 0, minor: parts.dropFirst().first ?? 0)
  }

  /// Orders by major, then minor.
  public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
