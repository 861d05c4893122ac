import HostMemory
import LinuxSystem
import PeerVerification
import Verbs

/// Registered memory of a peer: 128 bytes for each receive, and messages to send behind them.
private struct PeerMemory: ~Copyable {
  // Released first.
  let region: MemoryRegion
  let buffer: HostBuffer

  init(in domain: ProtectionDomain) throws {
    let buffer = try HostBuffer(.anonymous, length: 2 << 20)
    buffer.fill(seed: 9)
    region = try MemoryRegion(in: domain, range: buffer.range, access: .localWrite)
    self.buffer = buffer
  }

  func post(_ count: Int, to pair: borrowing QueuePair) throws(VerbsError) {
    for slot in 0..<count {
      let place = AddressRange(start: buffer.range.start + UInt64(slot) * 128, length: 128)
      let slice = try region.slice(place)
      _ = try unsafe pair.postReceive(slice)
    }
  }
}

extension PeerMemory {
  fileprivate func send(
    _ place: AddressRange,
    through connection: borrowing Connection
  ) throws -> CompletionStatus {
    let slice = try region.slice(place)
    return try connection.queuePair.perform(.send(slice), within: .seconds(10)).status
  }
}

/// One end of a verification's connection that sends what a test wants, whatever the protocol says.
final class VerificationPeer {
  // Released first, as receives fill the memory.
  private let connection: Connection
  private let memory: PeerMemory
  private var received = 0

  /// Where messages to send lie, behind those received.
  private static let sending: UInt64 = 32 << 10

  /// Connects to a server with so many receives.
  init(to address: SocketAddress, token: UInt64, receives: Int = 8) throws {
    let domain = try ProtectionDomain(on: DeviceContext(named: "rxe0"))
    let memory = try PeerMemory(in: domain)
    var connection = try ConnectionAttempt(to: address, within: .seconds(10))
      .request(in: domain, data: VerificationGreeting(.request, token: token).bytes) {
        pair throws(VerbsError) in try memory.post(receives, to: pair)
      }
    try connection.finish(within: .seconds(10))
    self.connection = connection
    self.memory = memory
  }

  /// Accepts a client with so many receives, and with `greeting` of its token.
  init(
    accepting request: consuming ConnectionRequest,
    receives: Int,
    greeting: (UInt64) -> [UInt8]
  ) throws {
    let token = try VerificationGreeting(parsing: request.data).token
    let domain = try ProtectionDomain(on: DeviceContext(named: "rxe0"))
    let memory = try PeerMemory(in: domain)
    connection = try request.accept(in: domain, data: greeting(token)) {
      pair throws(VerbsError) in try memory.post(receives, to: pair)
    }
    self.memory = memory
  }

  /// Sends `bytes`, followed by others up to `count`.
  @discardableResult
  func send(_ bytes: [UInt8], count: UInt64? = nil) throws -> CompletionStatus {
    let place = AddressRange(
      start: memory.buffer.range.start + VerificationPeer.sending,
      length: count ?? UInt64(bytes.count)
    )
    unsafe memory.buffer.withUnsafeBytes { target in
      for (index, byte) in bytes.enumerated() {
        unsafe target[Int(VerificationPeer.sending) + index] = byte
      }
    }
    return try memory.send(place, through: connection)
  }

  /// The bytes of the next message; `nil` if the connection has ended or nothing comes within `timeout`.
  func receive(within timeout: Duration = .seconds(20)) throws -> [UInt8]? {
    guard let end = try connection.queuePair.receiveCompletions.next(within: timeout),
      end.status == .success
    else { return nil }
    defer { received += 1 }
    return memory.buffer.copy(received * 128, Int(end.byteCount))
  }

  /// Sends a request and returns the answer.
  func ask(_ request: VerificationMessage) throws -> [UInt8]? {
    try send(request.bytes)
    return try receive()
  }

  /// A request to register `length` bytes with all access.
  static func expose(_ length: UInt64, sequence: UInt32 = 1) -> VerificationMessage {
    var message = VerificationMessage(.expose, sequence: sequence)
    message.byteCount = length
    message.access = VerificationMessage.allowedAccess
    message.sum = 4
    return message
  }
}
