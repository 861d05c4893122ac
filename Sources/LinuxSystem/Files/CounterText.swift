/// Numbers in the kernel's texts of one counter a line, such as /proc/PID/status and /proc/vmstat.
extension Span where Element == UInt8 {
  /// The decimal number behind `label` at the start of a line, after blanks; `nil` without either.
  package func number(after label: StaticString) -> UInt64? {
    let newline = UInt8(ascii: "\n")
    var index = 0
    while index < count {
      if hasPrefix(label, at: index) { return number(at: index + label.utf8CodeUnitCount) }
      while index < count, self[index] != newline { index += 1 }
      index += 1
    }
    return nil
  }

  private func hasPrefix(_ label: StaticString, at start: Int) -> Bool {
    let length = label.utf8CodeUnitCount
    guard count - start >= length else { return false }
    for offset in 0..<length where unsafe self[start + offset] != label.utf8Start[offset] {
      return false
    }
    return true
  }

  private func number(at start: Int) -> UInt64? {
    var value: UInt64?
    var index = start
    while index < count, self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") {
      index += 1
    }
    while index < count {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = (value ?? 0) &* 10 &+ UInt64(digit)
      index += 1
    }
    return value
  }
}
