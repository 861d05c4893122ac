import Glibc
import HostMemory
import LinuxSystem
public import Verbs

/// The side that verifies: has the server register memory, reads and writes it, breaks every rule once, and then has the
/// server do the same with memory of this side.
public final class VerificationClient {
  /// The local device that leads to the server, which keeps it open.
  public var context: DeviceContext { domain.context }
  private let server: SocketAddress
  private let token = UInt64.random(in: 1 ... .max)
  let domain: ProtectionDomain
  let own: VerificationRegion
  let length: UInt64
  private var channel: VerificationChannel?
  private var sequence: UInt32 = 0
  /// What the server has known its driver to do otherwise.
  private(set) var serverDefect: String?
  private let report: (VerificationCase) -> Void
  private let isInterrupted: () -> Bool

  static let timeout = Duration.seconds(10)

  /// Resolves `server` and registers `length` bytes here to compare with, at least 4096.
  ///
  /// Throws ENODEV, EHOSTUNREACH or ETIMEDOUT where no device leads there, and what registering throws.
  public init(
    to server: SocketAddress,
    length: UInt64,
    isInterrupted: @escaping () -> Bool,
    report: @escaping (VerificationCase) -> Void
  ) throws {
    let device = try ConnectionAttempt(to: server, within: VerificationClient.timeout).deviceName
    domain = try ProtectionDomain(on: DeviceContext(named: device))
    own = try VerificationRegion(
      try VerificationMemory(length: length),
      in: domain,
      access: .localWrite
    )
    self.server = server
    self.length = length
    self.isInterrupted = isInterrupted
    self.report = report
  }

  /// Runs the whole verification and ends it; throws `VerificationFailure` where it cannot go on.
  public func run() throws {
    try connect()
    try verifyRemote()
    try verifyLocal()
    _ = try ask(.end)
    channel = nil
  }

  func expose(_ access: AccessFlags, seed: UInt64 = 4) throws -> VerificationMessage {
    let answer = try ask(.expose) { request in
      (request.byteCount, request.access, request.sum) = (self.length, access, seed)
    }
    guard answer.byteCount == length, answer.access == access else {
      throw VerificationFailure(reason: "the server registered other memory than it was asked for")
    }
    return answer
  }

  func ask(
    _ kind: VerificationMessage.Kind,
    _ change: (inout VerificationMessage) -> Void = { _ in }
  ) throws -> VerificationMessage {
    sequence += 1
    var request = VerificationMessage(kind, sequence: sequence)
    change(&request)
    let answer = try answer(to: request)
    guard answer.sequence == sequence else {
      throw VerificationFailure(
        reason: "the server answered request \(answer.sequence), not \(sequence)"
      )
    }
    if answer.kind == .refused {
      let code = Errno(rawValue: Int32(bitPattern: answer.status))
      throw VerificationFailure(reason: "the server could not \(kind): \(code)")
    }
    guard answer.kind == kind.answer else {
      throw VerificationFailure(reason: "the server answered \(kind) by \(answer.kind)")
    }
    return answer
  }

  private func answer(to request: VerificationMessage) throws -> VerificationMessage {
    let channel = try connected()
    do {
      try channel.send(request)
      let data = try channel.receive(until: MonotonicClock.now + VerificationChannel.timeout)
      return try VerificationMessage(parsing: data, limit: length)
    } catch let error as WireError {
      throw VerificationFailure(reason: "the server sent \(error)")
    } catch VerificationLoss.unsent(let status) {
      throw VerificationFailure(reason: "the server takes no messages (\(status))")
    } catch let error as VerbsError where error.code == .ETIMEDOUT {
      throw VerificationFailure(reason: "the server has not answered within 10 s")
    }
  }

  /// The connection; throws when there is none.
  private func connected() throws -> VerificationChannel {
    guard let channel else { throw VerificationLoss.disconnected }
    return channel
  }

  func transfer(
    writing: Bool,
    _ target: RemoteMemory,
    count: UInt64
  ) throws -> CompletionStatus {
    let (channel, range) = (try connected(), local(count))
    return writing
      ? try channel.write(from: range, of: own.region, to: target)
      : try channel.read(into: range, of: own.region, from: target)
  }

  func fetchAdd(_ value: UInt64, at target: RemoteMemory) throws -> CompletionStatus {
    try connected().fetchAdd(value, into: local(8), of: own.region, at: target)
  }

  func readSum(_ region: VerificationMessage) throws -> String {
    try own.memory.fill(0)
    let status = try transfer(writing: false, remote(region), count: length)
    return status == .success ? hex(try own.memory.sum()) : "\(status)"
  }

  func local(_ count: UInt64) -> AddressRange {
    AddressRange(start: own.memory.range.start, length: count)
  }

  func remote(_ region: VerificationMessage) -> RemoteMemory {
    RemoteMemory(address: region.address, rkey: region.rkey)
  }

  func connect() throws {
    sequence = 0
    let attempt = try ConnectionAttempt(to: server, within: VerificationClient.timeout)
    let greeting = VerificationGreeting(.request, token: token).bytes
    let buffers = try MessageBuffers(in: domain)
    var connection = try attempt.request(
      in: domain,
      data: greeting,
      notifying: try CompletionChannel(on: context)
    ) { pair throws(VerbsError) in try buffers.post(to: pair) }
    do throws(VerbsError) {
      try connection.finish(within: VerificationClient.timeout)
    } catch {
      throw VerificationFailure(error, answer: connection.peerData)
    }
    guard let answer = try? VerificationGreeting(parsing: connection.peerData),
      answer.kind == .accepted || answer.kind == .acceptedByLaxDriver,
      answer.token == token
    else { throw VerificationFailure(reason: "what listens there is no memreg serve") }
    serverDefect =
      answer.kind == .acceptedByLaxDriver
      ? "the server's driver does not check every transfer for the access of its region" : nil
    channel = VerificationChannel(
      over: connection,
      buffers,
      speaksFirst: true,
      isInterrupted: isInterrupted
    )
  }

  func reconnect() throws {
    channel = nil
    try connect()
  }

  /// What a refused transfer must end as: on iWARP the end of the connection is all that the other side may see of it, by a
  /// request that is flushed or that cannot be sent any more.
  func refusal(seenAs status: CompletionStatus) -> CompletionStatus {
    context.isIWARP && [.flushed, .localOperation].contains(status) ? status : .remoteAccess
  }

  /// Notes what came of a case; `defect` is what the driver of the memory's owner is known to do otherwise.
  func note(
    _ name: String,
    _ memory: String,
    _ expected: String,
    _ observed: String,
    unless defect: String? = nil
  ) {
    let other = defect.map { VerificationCase.Judgement.knownDefect($0) } ?? .fails
    note(name, memory, expected, observed, expected == observed ? .holds : other)
  }

  /// Notes that a case was not tried.
  func skip(_ name: String, _ memory: String, _ reason: String) {
    note(name, memory, "", "", .skipped(reason))
  }

  private func note(
    _ name: String,
    _ memory: String,
    _ expected: String,
    _ observed: String,
    _ judgement: VerificationCase.Judgement
  ) {
    report(
      VerificationCase(
        name: name,
        memory: memory,
        expected: expected,
        observed: observed,
        judgement: judgement
      )
    )
  }

  func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
