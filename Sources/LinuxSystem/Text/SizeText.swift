/// Numbers of bytes as people read them, by powers of 1024.
public enum SizeText {
  /// "64 KiB", "1.5 MiB", "4095 B": one decimal where the unit does not divide evenly.
  public static func text(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var unit = 0
    while unit + 1 < units.count, bytes >> (10 * (unit + 1)) > 0 { unit += 1 }
    let scale: UInt64 = 1 << (10 * unit)
    guard bytes % scale != 0 else { return "\(bytes / scale) \(units[unit])" }
    let tenths = UInt64((Double(bytes) / Double(scale) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
