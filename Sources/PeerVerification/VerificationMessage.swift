import HostMemory
package import Verbs

/// One message of a verification: 64 bytes, big-endian, by send and receive.
///
/// 0 magic "MREG", 4 version, 6 kind, 8 sequence, 12 status, 16 address, 24 length, 32 rkey, 36 access, 40 sum,
/// 48 pages, 56 zeroes.
package struct VerificationMessage: Equatable {
  package static let length = 64

  package enum Kind: UInt16, CaseIterable {
    /// Register `length` bytes for `access`, in place of what was registered for this verification before.
    case expose = 1
    /// Tell the checksum of the memory exposed.
    case sum = 2
    /// Deregister, and leave the memory mapped.
    case revoke = 3
    /// Read `length` bytes at `address` of the sender by `rkey`.
    case read = 4
    /// Write `length` bytes of the pattern `sum` to `address` of the sender by `rkey`.
    case write = 5
    /// Say again what the last `read` or `write` came to, after the connection was lost by it.
    case outcome = 6
    /// The verification is over.
    case end = 7
    case exposed = 129
    case summed = 130
    case revoked = 131
    /// A `read` or `write` ended with the completion status in `status`; `sum` is of the bytes that were moved.
    case done = 132
    case ended = 135
    /// The request was not carried out; `status` is an errno.
    case refused = 255
  }

  package var kind: Kind
  package var sequence: UInt32
  package var status: UInt32 = 0
  package var address: UInt64 = 0
  package var byteCount: UInt64 = 0
  package var rkey: UInt32 = 0
  package var access: AccessFlags = []
  package var sum: UInt64 = 0
  /// Base pages that the kernel has charged for the registration.
  package var pages: UInt64 = 0

  /// What a peer may be given by this protocol.
  package static let allowedAccess: AccessFlags = [
    .localWrite, .remoteRead, .remoteWrite, .remoteAtomic,
  ]

  package init(_ kind: Kind, sequence: UInt32) {
    self.kind = kind
    self.sequence = sequence
  }

  package var bytes: [UInt8] {
    var writer = WireWriter()
    writer.putHeader(kind)
    writer.put(sequence)
    writer.put(status)
    writer.put(address)
    writer.put(byteCount)
    writer.put(rkey)
    writer.put(access.rawValue)
    writer.put(sum)
    writer.put(pages)
    writer.put(UInt64(0))
    return writer.bytes
  }

  /// Reads what a peer sent: nothing is taken over that was not looked at. A range that the kind has must be of 1 to
  /// `limit` bytes and inside the address space.
  package init(parsing data: [UInt8], limit: UInt64) throws(WireError) {
    guard data.count == VerificationMessage.length else { throw .length(data.count) }
    var reader = WireReader(data)
    kind = try reader.takeHeader()
    sequence = reader.take()
    status = reader.take()
    address = reader.take()
    byteCount = reader.take()
    rkey = reader.take()
    access = AccessFlags(rawValue: reader.take())
    sum = reader.take()
    pages = reader.take()
    guard reader.isZeroToTheEnd else { throw .reserved }
    guard access.isSubset(of: VerificationMessage.allowedAccess) else {
      throw .access(access.rawValue)
    }
    guard isRangeSound(limit: limit) else { throw .range(address: address, length: byteCount) }
  }

  private func isRangeSound(limit: UInt64) -> Bool {
    switch kind {
    case .expose:
      return address == 0 && (1...limit).contains(byteCount)
    case .read, .write, .exposed:
      let (end, isOver) = address.addingReportingOverflow(byteCount)
      return address > 0 && (1...limit).contains(byteCount) && !isOver && end > address
    case .done:
      return address == 0 && byteCount <= limit
    default:
      return address == 0 && byteCount == 0
    }
  }
}

extension VerificationMessage.Kind {
  /// What answers a request.
  var answer: VerificationMessage.Kind? {
    switch self {
    case .expose: .exposed
    case .sum: .summed
    case .revoke: .revoked
    case .read, .write, .outcome: .done
    case .end: .ended
    default: nil
    }
  }
}
