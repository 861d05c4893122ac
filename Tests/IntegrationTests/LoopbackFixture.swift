import HostMemory
import Verbs

/// Two registered buffers of one process and a connection between their queue pairs.
struct LoopbackFixture: ~Copyable {
  static let everything: AccessFlags = [
    .localWrite, .remoteRead, .remoteWrite, .remoteAtomic, .windowBind,
  ]

  let domain: ProtectionDomain
  let pair: LoopbackPair
  let near: HostBuffer
  let far: HostBuffer
  let nearRegion: MemoryRegion
  let farRegion: MemoryRegion

  init(
    bytes: UInt64 = 65536,
    farAccess: AccessFlags = everything,
    withAtomicWrite: Bool = false
  ) throws {
    let domain = try ProtectionDomain(on: try DeviceContext(named: "rxe0"))
    let pair = try LoopbackPair(in: domain, withAtomicWrite: withAtomicWrite)
    let near = try HostBuffer(.anonymous, length: bytes)
    let far = try HostBuffer(.anonymous, length: bytes)
    let nearRegion = try MemoryRegion(in: domain, range: near.range, access: .localWrite)
    let farRegion = try MemoryRegion(in: domain, range: far.range, access: farAccess)
    self.domain = domain
    self.pair = pair
    self.near = near
    self.far = far
    self.nearRegion = nearRegion
    self.farRegion = farRegion
  }

  func nearPart(_ offset: UInt64, _ length: UInt64) -> AddressRange {
    AddressRange(start: near.range.start + offset, length: length)
  }

  func farAt(_ offset: UInt64, key: UInt32? = nil) -> RemoteMemory {
    RemoteMemory(address: far.range.start + offset, rkey: key ?? farRegion.rkey)
  }

  func read(
    _ length: UInt64,
    into offset: UInt64 = 0,
    from remote: RemoteMemory
  ) throws -> WorkCompletion {
    let slice = try nearRegion.slice(nearPart(offset, length))
    return try pair.requester.perform(.read(slice, from: remote))
  }

  func write(
    _ length: UInt64,
    from offset: UInt64 = 0,
    to remote: RemoteMemory
  ) throws -> WorkCompletion {
    let slice = try nearRegion.slice(nearPart(offset, length))
    return try pair.requester.perform(.write(slice, to: remote))
  }
}

extension HostBuffer {
  /// Fills the buffer so that every byte tells where it stands.
  borrowing func fill(seed: UInt64) {
    unsafe withUnsafeBytes { bytes in
      for index in 0..<bytes.count {
        unsafe bytes[index] = HostBuffer.pattern(seed, index)
      }
    }
  }

  static func pattern(_ seed: UInt64, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt64(index) &+ seed &* 0x9e37_79b9) &* 0x2545_f491 >> 13)
  }

  borrowing func copy(_ offset: Int, _ length: Int) -> [UInt8] {
    unsafe withUnsafeBytes { unsafe Array($0[offset..<offset + length]) }
  }

  borrowing func word(at offset: Int) -> UInt64 {
    unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
  }

  borrowing func store(_ value: UInt64, at offset: Int) {
    unsafe withUnsafeBytes {
      unsafe $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
    }
  }
}
