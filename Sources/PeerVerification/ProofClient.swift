import Glibc
import HostMemory
public import LinuxSystem
public import Verbs

/// The side that proves: has the server register memory, reads and writes it, breaks every rule once, and then has the
/// server do the same with memory of this side.
public final class ProofClient {
  /// The local device that leads to the server, which keeps it open.
  public var context: DeviceContext { domain.context }
  private let server: SocketAddress
  private let token = UInt64.random(in: 1 ... .max)
  private let domain: ProtectionDomain
  private let own: ProofRegion
  private let length: UInt64
  private var channel: ProofChannel?
  private var sequence: UInt32 = 0
  private let report: (ProofCase) -> Void
  private let isInterrupted: () -> Bool

  private static let patience = Duration.seconds(10)

  /// Resolves `server` and registers `length` bytes here to compare with, at least 4096.
  ///
  /// Throws ENODEV, EHOSTUNREACH or ETIMEDOUT where no device leads there, and what registering throws.
  public init(
    to server: SocketAddress,
    length: UInt64,
    isInterrupted: @escaping () -> Bool,
    report: @escaping (ProofCase) -> Void
  ) throws {
    let device = try ConnectionAttempt(to: server, within: ProofClient.patience).deviceName
    domain = try ProtectionDomain(on: DeviceContext(named: device))
    own = try ProofRegion(try ProofMemory(length: length), in: domain, access: .localWrite)
    self.server = server
    self.length = length
    self.isInterrupted = isInterrupted
    self.report = report
  }

  /// Runs the whole proof and says goodbye; throws `ProofFailure` where it cannot go on.
  public func run() throws {
    try connect()
    try proveRemote()
    try proveLocal()
    _ = try ask(.goodbye)
    channel = nil
  }

  // MARK: The server's memory

  private func proveRemote() throws {
    let full: AccessFlags = [.localWrite, .remoteRead, .remoteWrite, .remoteAtomic]
    let region = try expose(full)
    let pages = AddressRange(start: region.address, length: region.byteCount).pages
    note("charged", "remote", "\(pages) pages", "\(region.pages) pages")
    try proveTransfers(region)
    try refuse("wrong-key", region) { $0.rkey ^= 0x0100 }
    try refuse("stale-key", region) { $0.rkey ^= 0x01 }
    try refuse("beyond-the-end", region) { $0.address += self.length - 4 }
    try refuse("before-the-start", region) { $0.address -= 4 }
    let before = try ask(.sum).sum
    let reading = try expose([.remoteRead], seed: 5)
    try refuse("write-to-read-only", reading, writing: true) { _ in }
    note("read-only-unchanged", "remote", hex(reading.sum), hex(try ask(.sum).sum))
    note("read-only-read", "remote", hex(reading.sum), try readSum(reading))
    let writing = try expose([.localWrite, .remoteWrite], seed: 6)
    try refuse("read-of-write-only", writing) { _ in }
    let again = try expose(full, seed: 7)
    note("other-contents", "remote", "true", "\(again.sum != before)")
    let revoked = try ask(.revoke)
    note("returned", "remote", "\(again.pages) pages", "\(revoked.pages) pages")
    try refuse("revoked", again) { _ in }
    try refuse("revoked-write", again, writing: true) { _ in }
  }

  private func proveTransfers(_ region: ProofMessage) throws {
    note("read", "remote", hex(region.sum), try readSum(region))
    own.memory.fill(21)
    let all = remote(region)
    let written = try transfer(writing: true, all, count: length)
    note("write-status", "remote", "\(CompletionStatus.success)", "\(written)")
    note("write", "remote", hex(ProofMemory.sum(21, count: Int(length))), hex(try ask(.sum).sum))
    // From the middle of a page over its border, with a length that is no power of two.
    let part = RemoteMemory(address: region.address + length / 2 - 3, rkey: region.rkey)
    own.memory.fill(22)
    _ = try transfer(writing: true, part, count: 1021)
    own.memory.fill(23)
    let read = try transfer(writing: false, part, count: 1021)
    note("unaligned-status", "remote", "\(CompletionStatus.success)", "\(read)")
    let expected = hex(ProofMemory.sum(22, count: 1021))
    note("unaligned", "remote", expected, hex(own.memory.sum(count: 1021)))
    try proveAtomic(region)
  }

  private func proveAtomic(_ region: ProofMessage) throws {
    own.memory.fill(21)
    let before = own.memory.word(at: 0)
    _ = try transfer(writing: true, remote(region), count: 8)
    let status = try channel?.connection.queuePair
      .fetchAdd(3, into: local(8), of: own.region, at: remote(region))
    if status == .success {
      note("atomic-found", "remote", hex(before), hex(own.memory.word(at: 0)))
      _ = try transfer(writing: false, remote(region), count: 8)
      note("atomic", "remote", hex(before &+ 3), hex(own.memory.word(at: 0)))
    } else {
      note("atomic", "remote", "\(CompletionStatus.success)", "\(status ?? .flushed)")
      try reconnect()
    }
  }

  /// Breaks a rule by what `change` makes of the region; it must be refused, and the next connection must work.
  private func refuse(
    _ name: String,
    _ region: ProofMessage,
    writing: Bool = false,
    _ change: (inout RemoteMemory) -> Void
  ) throws {
    var target = remote(region)
    change(&target)
    own.memory.fill(0)
    let status = try transfer(writing: writing, target, count: 8)
    note(name, "remote", "\(CompletionStatus.remoteAccess)", "\(status)")
    try reconnect()
  }

  // MARK: This side's memory

  private func proveLocal() throws {
    let memory = try ProofMemory(length: length)
    memory.fill(31)
    var region: ProofRegion? = try ProofRegion(
      memory,
      in: domain,
      access: [.localWrite, .remoteRead, .remoteWrite]
    )
    let pages = UInt64(memory.range.pages)
    note("charged", "local", "\(pages) pages", "\(region?.pages ?? 0) pages")
    let key = region?.region.rkey ?? 0
    let range = memory.range
    let read = try order(.read, range, key)
    note("read", "local", hex(memory.sum()), hex(read.sum))
    let written = try order(.write, range, key, seed: 32)
    note("write", "local", hex(written.sum), hex(memory.sum()))
    let middle = AddressRange(start: range.start + length / 2 - 3, length: 1021)
    note(
      "unaligned",
      "local",
      hex(bytes(of: memory, middle)),
      hex(try order(.read, middle, key).sum)
    )
    let before = memory.sum()
    try orderRefusal("wrong-key", .read, range, key ^ 0x0100)
    try orderRefusal("stale-key", .write, range, key ^ 0x01)
    let over = AddressRange(start: range.end - 4, length: 8)
    try orderRefusal("beyond-the-end", .write, over, key)
    let under = AddressRange(start: range.start - 4, length: 8)
    try orderRefusal("before-the-start", .read, under, key)
    note("unchanged", "local", hex(before), hex(memory.sum()))
    region = nil
    region = try ProofRegion(memory, in: domain, access: .remoteRead)
    let reading = region?.region.rkey ?? 0
    try orderRefusal("write-to-read-only", .write, range, reading)
    note("read-only-read", "local", hex(before), hex(try order(.read, range, reading).sum))
    region = nil
    try orderRefusal("revoked", .read, range, reading)
    note("unchanged-to-the-end", "local", hex(before), hex(memory.sum()))
  }

  /// Has the server read or write memory of this side, which has to work.
  private func order(
    _ kind: ProofMessage.Kind,
    _ range: AddressRange,
    _ key: UInt32,
    seed: UInt64 = 0
  ) throws -> ProofMessage {
    let answer = try ask(kind) { request in
      (request.address, request.byteCount, request.rkey) = (range.start, range.length, key)
      request.sum = seed
    }
    if answer.status != CompletionStatus.success.rawValue {
      note("\(kind)-status", "local", "\(CompletionStatus.success)", status(answer))
    }
    return answer
  }

  /// Has the server break a rule; the connection goes with it, and the next one tells what the server saw.
  private func orderRefusal(
    _ name: String,
    _ kind: ProofMessage.Kind,
    _ range: AddressRange,
    _ key: UInt32
  ) throws {
    var observed = "no answer"
    do {
      let answer = try ask(kind) { request in
        (request.address, request.byteCount, request.rkey) = (range.start, range.length, key)
      }
      observed = status(answer)
    } catch is ProofLoss {
      try reconnect()
      observed = status(try ask(.outcome))
    }
    note(name, "local", "\(CompletionStatus.remoteAccess)", observed)
  }

  private func bytes(of memory: ProofMemory, _ range: AddressRange) -> UInt64 {
    let offset = Int(range.start - memory.range.start)
    return memory.copy(offset, Int(range.length))
      .reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private func status(_ answer: ProofMessage) -> String {
    "\(CompletionStatus(rawValue: answer.status))"
  }

  // MARK: The conversation

  private func expose(_ access: AccessFlags, seed: UInt64 = 4) throws -> ProofMessage {
    let answer = try ask(.expose) { request in
      (request.byteCount, request.access, request.sum) = (self.length, access, seed)
    }
    guard answer.byteCount == length, answer.access == access else {
      throw ProofFailure(reason: "the server registered other memory than it was asked for")
    }
    return answer
  }

  private func ask(
    _ kind: ProofMessage.Kind,
    _ change: (inout ProofMessage) -> Void = { _ in }
  ) throws -> ProofMessage {
    sequence += 1
    var request = ProofMessage(kind, sequence: sequence)
    change(&request)
    try channel?.send(request)
    let deadline = ContinuousClock.now + ProofClient.patience
    while ContinuousClock.now < deadline {
      if isInterrupted() { throw ProofFailure(reason: nil) }
      guard let data = try channel?.poll() else { continue }
      let answer: ProofMessage
      do throws(WireError) {
        answer = try ProofMessage(parsing: data, limit: length)
      } catch {
        throw ProofFailure(reason: "the server sent \(error)")
      }
      guard answer.sequence == sequence else {
        throw ProofFailure(
          reason: "the server answered request \(answer.sequence), not \(sequence)"
        )
      }
      if answer.kind == .refused {
        let code = Errno(rawValue: Int32(bitPattern: answer.status))
        throw ProofFailure(reason: "the server could not \(kind): \(code)")
      }
      guard answer.kind == kind.answer else {
        throw ProofFailure(reason: "the server answered \(kind) by \(answer.kind)")
      }
      return answer
    }
    throw ProofFailure(reason: "the server has not answered within 10 s")
  }

  private func transfer(
    writing: Bool,
    _ target: RemoteMemory,
    count: UInt64
  ) throws -> CompletionStatus {
    let range = local(count)
    return try
      (writing
      ? channel?.connection.queuePair.write(from: range, of: own.region, to: target)
      : channel?.connection.queuePair.read(into: range, of: own.region, from: target))
      ?? .flushed
  }

  private func readSum(_ region: ProofMessage) throws -> String {
    own.memory.fill(0)
    let status = try transfer(writing: false, remote(region), count: length)
    return status == .success ? hex(own.memory.sum()) : "\(status)"
  }

  private func local(_ count: UInt64) -> AddressRange {
    AddressRange(start: own.memory.range.start, length: count)
  }

  private func remote(_ region: ProofMessage) -> RemoteMemory {
    RemoteMemory(address: region.address, rkey: region.rkey)
  }

  private func connect() throws {
    sequence = 0
    let attempt = try ConnectionAttempt(to: server, within: ProofClient.patience)
    let greeting = ProofGreeting(.request, token: token).bytes
    var connection = try attempt.request(in: domain, data: greeting)
    do throws(VerbsError) {
      try connection.finish(within: ProofClient.patience)
    } catch {
      throw ProofFailure(error, answer: connection.peerData)
    }
    guard let answer = try? ProofGreeting(parsing: connection.peerData), answer.kind == .accepted,
      answer.token == token
    else { throw ProofFailure(reason: "what listens there is no memreg serve") }
    channel = try ProofChannel(over: connection, in: domain)
  }

  private func reconnect() throws {
    channel = nil
    try connect()
  }

  private func note(_ name: String, _ memory: String, _ expected: String, _ observed: String) {
    report(ProofCase(name: name, memory: memory, expected: expected, observed: observed))
  }

  private func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

/// Why a proof could not go on; without a reason it was interrupted.
public struct ProofFailure: Error {
  /// The reason in one line.
  public let reason: String?
  /// The errno behind it, where there is one.
  public var code: Errno?

  package init(reason: String?) { self.reason = reason }

  package init(_ error: VerbsError, answer: [UInt8]) {
    code = error.code
    switch try? ProofGreeting(parsing: answer) {
    case let greeting? where greeting.kind == .busy:
      reason = "the server has another proof under way; try again"
    case let greeting? where greeting.kind == .otherVersion:
      reason = "the server speaks another version of the protocol"
    default:
      reason = "\(error.verb) failed: \(error.code)"
    }
  }
}

extension ProofMessage.Kind {
  /// What answers a request.
  fileprivate var answer: ProofMessage.Kind? {
    switch self {
    case .expose: .exposed
    case .sum: .summed
    case .revoke: .revoked
    case .read, .write, .outcome: .done
    case .goodbye: .farewell
    default: nil
    }
  }
}
