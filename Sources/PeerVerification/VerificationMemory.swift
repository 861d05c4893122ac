import HostMemory
import LinuxSystem
import Verbs

/// Memory of one side of a verification; each byte of a pattern tells where it stands and from which seed.
final class VerificationMemory {
  let range: AddressRange
  private let buffer: HostBuffer

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

  func fill(_ seed: UInt64, count: Int? = nil) {
    unsafe buffer.withUnsafeBytes { bytes in
      for index in 0..<min(count ?? bytes.count, bytes.count) {
        unsafe bytes[index] = VerificationMemory.byte(seed, index)
      }
    }
  }

  /// The FNV-1a sum of the first `count` bytes, of all by default.
  func sum(count: Int? = nil) -> UInt64 {
    unsafe buffer.withUnsafeBytes { bytes in
      unsafe bytes.prefix(count ?? bytes.count)
        .reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }

  /// The sum that `count` bytes of a pattern have.
  static func sum(_ seed: UInt64, count: Int) -> UInt64 {
    (0..<count)
      .reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64(byte(seed, $1))) &* 0x100_0000_01b3 }
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

/// A registration of such memory, which ends with the object; the memory outlives it.
final class VerificationRegion {
  let memory: VerificationMemory
  let region: MemoryRegion
  /// Base pages that the kernel has charged for it.
  let pages: UInt64

  init(
    _ memory: VerificationMemory,
    in domain: ProtectionDomain,
    access: AccessFlags
  ) throws {
    let counter = try PinCounter()
    let before = try counter.pages
    region = try MemoryRegion(in: domain, range: memory.range, access: access)
    pages = UInt64(max(0, try counter.pages - before))
    self.memory = memory
  }
}
