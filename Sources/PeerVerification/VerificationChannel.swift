import Glibc
import HostMemory
import Verbs

/// A connection with room for the messages of a verification; going out of scope disconnects.
struct VerificationChannel: ~Copyable {
  private static let receives = 4

  let connection: Connection
  /// Lives as long as the queue pair, which is in the connection.
  private let region: VerificationRegion
  private var waiting: [(id: UInt64, slot: Int)] = []
  private var isEnded = false

  /// Prepares to receive over `connection`, whose queue pair is of `domain`.
  init(over connection: consuming Connection, in domain: ProtectionDomain) throws {
    let length = UInt64((VerificationChannel.receives + 1) * VerificationMessage.length)
    let region = try VerificationRegion(
      try VerificationMemory(length: length),
      in: domain,
      access: .localWrite
    )
    for slot in 0..<VerificationChannel.receives {
      let range = VerificationChannel.range(slot, region)
      waiting.append((try connection.queuePair.receive(into: range, of: region.region), slot))
    }
    self.region = region
    self.connection = connection
  }

  /// Sends `message`; throws `VerificationLoss` where the peer does not take it.
  func send(_ message: VerificationMessage) throws {
    let slot = VerificationChannel.receives
    region.memory.put(message.bytes, at: slot * VerificationMessage.length)
    let range = VerificationChannel.range(slot, region)
    let status = try connection.queuePair.send(range, of: region.region)
    guard status == .success else { throw VerificationLoss(what: "a message", status: status) }
  }

  /// The bytes of the next message if it is there; throws `VerificationLoss` when the connection has ended, and `WireError`
  /// for a message that is longer than any.
  mutating func poll() throws -> [UInt8]? {
    if let bytes = try take() { return bytes }
    // Sleeps a little meanwhile.
    if !isEnded { isEnded = try connection.isDisconnected(within: .milliseconds(1)) }
    guard isEnded else { return nil }
    // What came before the end is still there.
    guard let bytes = try take() else {
      throw VerificationLoss(what: "the connection", status: nil)
    }
    return bytes
  }

  private mutating func take() throws -> [UInt8]? {
    guard let end = try connection.queuePair.receiveCompletions.poll() else { return nil }
    if end.status == .localLength || end.status == .localOperation { throw WireError.overlong }
    guard end.status == .success, let index = waiting.firstIndex(where: { $0.id == end.id })
    else { throw VerificationLoss(what: "a receive", status: end.status) }
    let slot = waiting.remove(at: index).slot
    let count = min(Int(end.byteCount), VerificationMessage.length)
    let bytes = region.memory.copy(slot * VerificationMessage.length, count)
    if !isEnded {
      let range = VerificationChannel.range(slot, region)
      waiting.append((try connection.queuePair.receive(into: range, of: region.region), slot))
    }
    return bytes
  }

  private static func range(_ slot: Int, _ region: VerificationRegion) -> AddressRange {
    let start = region.memory.range.start + UInt64(slot * VerificationMessage.length)
    return AddressRange(start: start, length: UInt64(VerificationMessage.length))
  }
}

/// The connection of a verification is gone.
struct VerificationLoss: Error {
  let what: String
  let status: CompletionStatus?
}
