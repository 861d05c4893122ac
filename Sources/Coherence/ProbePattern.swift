/// Bytes that tell by themselves who wrote them and where.
package enum ProbePattern {
  /// Bytes of a probe: from the start of a page, and within one packet, where on-demand paging is right.
  package static let length = 256

  /// The bytes of one writer for one place.
  package static func bytes(_ writer: UInt8, at offset: UInt64) -> [UInt8] {
    var state = UInt64(writer) &* 0x9e37_79b9_7f4a_7c15 ^ offset &* 0xbf58_476d_1ce4_e5b9
    return (0..<length)
      .map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
  }

  /// The first bytes in hexadecimal, "zeroes" where all are zero.
  package static func text(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "nothing (EFAULT)" }
    guard bytes.contains(where: { $0 != 0 }) else { return "zeroes" }
    return bytes.prefix(8)
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      .joined()
  }
}
