import LinuxSystem

extension SizeText {
  /// The size of a number that was computed or read; "-" for one that is no size.
  static func text(_ bytes: Double) -> String {
    guard bytes >= 0, bytes < 1.8e19 else { return "-" }
    return text(UInt64(bytes.rounded()))
  }
}
