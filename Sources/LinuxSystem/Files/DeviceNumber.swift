/// The device of a file: the numbers that `stat(2)` and mountinfo show.
public struct DeviceNumber: Hashable, Sendable {
  /// The driver or file system class.
  public let major: UInt32
  /// The instance.
  public let minor: UInt32

  /// Reads `MAJOR:MINOR`, decimal as mountinfo writes it or hexadecimal as `maps` does.
  package init?(_ text: some StringProtocol, radix: Int = 10) {
    let numbers = text.split(scalar: ":").compactMap { UInt32($0, radix: radix) }
    guard numbers.count == 2 else { return nil }
    major = numbers[0]
    minor = numbers[1]
  }
}
