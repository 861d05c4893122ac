import HostMemory
import LinuxSystem
import Verbs

/// Memory of one side of a verification; each byte of a pattern tells where it stands and from which seed.
///
/// What goes over all of its bytes stops at an interruption with `VerificationFailure`.
final class VerificationMemory {
  let range: AddressRange
  private let buffer: HostBuffer

  /// Bytes between two looks for an interruption.
  private static let stride = 1 << 20

  init(length: UInt64) throws(SystemError) {
    let buffer = try HostBuffer(.anonymous, length: length)
    try buffer.populate()
    range = buffer.range
    self.buffer = buffer
  }

  /// The byte of a pattern at one place.
  static func byte(_ seed: UInt64, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt64(index) ^ seed) &* 0x9e37_79b9_7f4a_7c15 >> 56)
  }

  func fill(_ seed: UInt64, count: Int? = nil) throws {
    let count = min(count ?? Int(range.length), Int(range.length))
    try VerificationMemory.inParts(of: count) { part in
      unsafe buffer.withUnsafeBytes { bytes in
        for index in part { unsafe bytes[index] = VerificationMemory.byte(seed, index) }
      }
    }
  }

  /// The FNV-1a sum of the first `count` bytes, of all by default.
  func sum(count: Int? = nil) throws -> UInt64 {
    var sum = Checksum()
    try VerificationMemory.inParts(of: min(count ?? Int(range.length), Int(range.length))) { part in
      unsafe buffer.withUnsafeBytes { bytes in
        for index in part { unsafe sum.add(bytes[index]) }
      }
    }
    return sum.value
  }

  /// The sum that `count` bytes of a pattern have.
  static func sum(_ seed: UInt64, count: Int) throws -> UInt64 {
    var sum = Checksum()
    try inParts(of: count) { part in for index in part { sum.add(byte(seed, index)) } }
    return sum.value
  }

  private static func inParts(of count: Int, _ body: (Range<Int>) -> Void) throws {
    for start in Swift.stride(from: 0, to: count, by: stride) {
      if Interruption.isRequested { throw VerificationFailure(reason: nil) }
      body(start..<min(start + stride, count))
    }
  }

  func word(at offset: Int) -> UInt64 {
    unsafe buffer.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
  }

  func put(_ bytes: [UInt8], at offset: Int = 0) {
    unsafe buffer.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyBytes(from: bytes)
    }
  }

  func copy(_ offset: Int, _ count: Int) -> [UInt8] {
    unsafe buffer.withUnsafeBytes { unsafe Array($0[offset..<offset + count]) }
  }
}

/// An FNV-1a sum of 64 bits.
struct Checksum {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
