import HostMemory
import Verbs

/// Memory for the messages of one connection, registered: receives that are posted before the connection is made, as
/// iWARP has no second try for a message that finds none, and the message to send.
final class MessageBuffers {
  private static let receives = 4

  private let region: VerificationRegion
  private var posted: [(id: UInt64, slot: Int)] = []

  init(in domain: ProtectionDomain) throws {
    let length = UInt64((MessageBuffers.receives + 1) * VerificationMessage.length)
    region = try VerificationRegion(
      try VerificationMemory(length: length),
      in: domain,
      access: .localWrite
    )
  }

  /// Posts all receives to `pair`.
  func post(to pair: borrowing QueuePair) throws(VerbsError) {
    for slot in 0..<MessageBuffers.receives { try post(slot, to: pair) }
  }

  /// Calls `send` with `bytes`, at most as many as a message has, in memory that the device may read.
  func withMessage<Value, Failure: Error>(
    _ bytes: [UInt8],
    _ send: (AddressRange, borrowing MemoryRegion) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let slot = MessageBuffers.receives
    region.memory.put(bytes, at: slot * VerificationMessage.length)
    let range = AddressRange(start: range(slot).start, length: UInt64(bytes.count))
    return try send(range, region.region)
  }

  /// Writes no bytes to the peer, for which no transport looks at a key.
  func writeNothing(through pair: borrowing QueuePair) throws(VerbsError) {
    let nothing = AddressRange(start: region.memory.range.start, length: 0)
    try MessageBuffers.write(nothing, of: region.region, to: pair)
  }

  /// The bytes of the next message if it is there, whose receive is posted again.
  ///
  /// Throws `VerificationLoss` if the pair has stopped, and `WireError` for a message that is longer than any.
  func take(from pair: borrowing QueuePair) throws -> [UInt8]? {
    guard let end = try pair.receiveCompletions.poll() else { return nil }
    if end.status == .localLength || end.status == .localOperation { throw WireError.overlong }
    guard end.status == .success, let index = posted.firstIndex(where: { $0.id == end.id })
    else { throw VerificationLoss.stopped(end.status) }
    let slot = posted.remove(at: index).slot
    let count = min(Int(end.byteCount), VerificationMessage.length)
    let bytes = region.memory.copy(slot * VerificationMessage.length, count)
    try post(slot, to: pair)
    return bytes
  }

  private func post(_ slot: Int, to pair: borrowing QueuePair) throws(VerbsError) {
    posted.append((try MessageBuffers.post(range(slot), of: region.region, to: pair), slot))
  }

  private static func write(
    _ range: AddressRange,
    of region: borrowing MemoryRegion,
    to pair: borrowing QueuePair
  ) throws(VerbsError) {
    let slice = try region.slice(range)
    do throws(VerbsError) {
      _ = try unsafe pair.post(.write(slice, to: RemoteMemory(address: 0, rkey: 0)))
    } catch {
      // The connection has ended, which the next wait sees.
      return
    }
  }

  private static func post(
    _ range: AddressRange,
    of region: borrowing MemoryRegion,
    to pair: borrowing QueuePair
  ) throws(VerbsError) -> UInt64 {
    let slice = try region.slice(range)
    return try unsafe pair.postReceive(slice)
  }

  private func range(_ slot: Int) -> AddressRange {
    let start = region.memory.range.start + UInt64(slot * VerificationMessage.length)
    return AddressRange(start: start, length: UInt64(VerificationMessage.length))
  }
}
