/// The device of a file: the numbers that `stat(2)` and mountinfo show.
public struct DeviceNumber: Hashable, Sendable {
  /// The driver or file system class.
  public let major: UInt32
  /// The instance.
  public let minor: UInt32

  /// Names a device.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}
