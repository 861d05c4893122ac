/// The version of the running kernel (`uname(2)`), for what no experiment can find out.
public struct KernelRelease: Comparable, Sendable {
  /// The first number, 6 in "6.12.117".
  public let major: Int
  /// The second number, 12 in "6.12.117".
  public let minor: Int

  /// States a version.
  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// The running kernel's; 0.0 where its text has no two numbers.
  public static var running: KernelRelease { KernelRelease(parsing: Machine.kernelRelease) }

  /// Reads the numbers at the start of a release's text.
  public init(parsing text: String) {
    let numbers = text.split { !$0.isASCII || !$0.isNumber }.prefix(2).map { Int($0) ?? 0 }
    self.init(numbers.first ?? 0, numbers.dropFirst().first ?? 0)
  }

  /// Orders by major, then minor.
  public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
