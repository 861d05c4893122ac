import Glibc
import HostMemory
import LinuxSystem
import Verbs

/// What a server keeps of one verification, over all its connections.
final class VerificationSession {
  let domain: ProtectionDomain
  private(set) var requests = 0
  private(set) var refusals = 0
  private let limit: UInt64
  private var exposed: VerificationRegion?
  private var memory: VerificationMemory?
  private var scratch: VerificationRegion?
  private var outcome: (status: UInt32, byteCount: UInt64, sum: UInt64)?
  private var lastSequence: UInt32 = 0

  /// Begins a verification with regions of at most `limit` bytes.
  init(on context: DeviceContext, limit: UInt64) throws(VerbsError) {
    self.limit = limit
    domain = try ProtectionDomain(on: context)
  }

  /// What became of one message.
  enum Step {
    case goesOn
    /// The transfer that was asked for has ended the connection; the peer comes back for its outcome.
    case connectionLost
    case isOver
  }

  /// Numbers start anew with every connection.
  func reconnected() { lastSequence = 0 }

  /// Carries out what `data` asks for and answers; throws `WireError` for what is no request.
  func serve(_ data: [UInt8], over channel: VerificationChannel) throws -> Step {
    let (answer, step) = try answer(to: data, over: channel)
    if let answer { try channel.send(answer) }
    return step
  }

  /// Carries out what `data` asks for; there is nobody to answer to if that has ended the connection.
  func answer(
    to data: [UInt8],
    over channel: VerificationChannel
  ) throws -> (answer: VerificationMessage?, Step) {
    let request = try VerificationMessage(parsing: data, limit: limit)
    guard request.sequence == lastSequence &+ 1 else {
      throw WireError.sequence(request.sequence)
    }
    lastSequence = request.sequence
    requests += 1
    var answer = VerificationMessage(.refused, sequence: request.sequence)
    var step = Step.goesOn
    do {
      switch request.kind {
      case .expose: try expose(request, &answer)
      case .sum:
        guard let memory else { throw Errno.ENOENT }
        answer.kind = .summed
        answer.sum = try memory.sum()
      case .revoke:
        guard let region = exposed.take() else { throw Errno.ENOENT }
        answer.kind = .revoked
        answer.pages = region.pages
      case .read, .write:
        try transfer(request, over: channel)
        if let outcome, outcome.status != CompletionStatus.success.rawValue {
          return (nil, .connectionLost)
        }
        put(&answer)
      case .outcome: put(&answer)
      case .end:
        answer.kind = .ended
        step = .isOver
      default: throw WireError.kind(request.kind.rawValue)
      }
    } catch let error as VerbsError
      where !error.isDisassociated && error.code != .ECANCELED && error.code != .ETIMEDOUT
    {
      refusals += 1
      answer.status = UInt32(bitPattern: error.code.rawValue)
    } catch let error as Errno {
      refusals += 1
      answer.status = UInt32(bitPattern: error.rawValue)
    } catch let error as SystemError {
      refusals += 1
      answer.status = UInt32(bitPattern: error.code.rawValue)
    }
    return (answer, step)
  }

  private func expose(_ request: VerificationMessage, _ answer: inout VerificationMessage) throws {
    // The old region first: two at a time are nobody's right.
    (exposed, memory) = (nil, nil)
    let memory = try VerificationMemory(length: request.byteCount)
    try memory.fill(request.sum)
    let region = try VerificationRegion(memory, in: domain, access: request.access)
    answer.kind = .exposed
    answer.address = memory.range.start
    answer.byteCount = request.byteCount
    answer.rkey = region.region.rkey
    answer.access = request.access
    answer.sum = try memory.sum()
    answer.pages = region.pages
    (exposed, self.memory) = (region, memory)
  }

  /// Reads or writes the peer's memory by what the peer says of it, which the peer's own device judges.
  private func transfer(_ request: VerificationMessage, over channel: VerificationChannel) throws {
    if scratch.map({ $0.memory.range.length < request.byteCount }) ?? true {
      scratch = nil
      let memory = try VerificationMemory(length: request.byteCount)
      scratch = try VerificationRegion(memory, in: domain, access: .localWrite)
    }
    guard let scratch else { return }
    let remote = RemoteMemory(address: request.address, rkey: request.rkey)
    let local = AddressRange(start: scratch.memory.range.start, length: request.byteCount)
    let count = Int(request.byteCount)
    if request.kind == .write { try scratch.memory.fill(request.sum, count: count) }
    var status =
      request.kind == .read
      ? try channel.read(into: local, of: scratch.region, from: remote)
      : try channel.write(from: local, of: scratch.region, to: remote)
    // A write of iWARP ends when it is sent; its refusal ends the connection under what follows.
    if request.kind == .write, domain.context.isIWARP, status == .success {
      status = try channel.read(into: local, of: scratch.region, from: remote)
    }
    let sum = status == .success ? try scratch.memory.sum(count: count) : 0
    outcome = (status.rawValue, request.byteCount, sum)
  }

  private func put(_ answer: inout VerificationMessage) {
    guard let outcome else {
      answer.status = UInt32(bitPattern: Errno.ENOENT.rawValue)
      return
    }
    answer.kind = .done
    answer.status = outcome.status
    answer.byteCount = outcome.byteCount
    answer.sum = outcome.sum
  }
}
