/// Numbers of bytes as people read them, by powers of 1024.
public enum SizeText {
  /// "64 KiB", "1.5 MiB", "4095 B": one decimal where the unit does not divide evenly.
  public static func text(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var unit = 0
    while unit + 1 < units.count, bytes >> (10 * (unit + 1)) > 0 { unit += 1 }
    let scale: UInt64 = 1 << (10 * unit)
    guard bytes % scale != 0 else { return "\(bytes / scale) \(units[unit])" }
    return "\(FixedPoint.text(Double(bytes) / Double(scale), decimals: 1)) \(units[unit])"
  }

  /// The same of a number that was computed or read; "-" for one that is no size.
  static func text(_ bytes: Double) -> String {
    guard bytes >= 0, bytes < 1.8e19 else { return "-" }
    return text(UInt64(bytes.rounded()))
  }
}
