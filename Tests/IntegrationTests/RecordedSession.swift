import LinuxSystem
import Measurement
import Verbs

@testable import PeerVerification

/// What two honest ends of a verification said: the requests of each connection, and all answers.
struct RecordedSession {
  private(set) var requests: [[[UInt8]]] = []
  private(set) var answers: [[UInt8]] = []

  /// Serves one verification, honest but for what `change` makes of the answer of each number, until it is over or the
  /// peer does not come back while `isAwaited`.
  init(
    serving listener: borrowing Listener,
    on context: DeviceContext,
    limit: UInt64,
    change: (Int, [UInt8]) -> [UInt8] = { $1 },
    while isAwaited: () -> Bool
  ) throws {
    let session = try VerificationSession(on: context, limit: limit)
    while isAwaited() {
      guard let request = try listener.next(within: .milliseconds(200)) else { continue }
      let token = try VerificationGreeting(parsing: request.data).token
      let buffers = try MessageBuffers(in: session.domain)
      let connection = try request.accept(
        in: session.domain,
        data: VerificationGreeting(.accepted, token: token).bytes,
        notifying: try CompletionChannel(on: context)
      ) { pair throws(VerbsError) in try buffers.post(to: pair) }
      session.reconnected()
      requests.append([])
      do {
        let channel = VerificationChannel(over: connection, buffers) { false }
        if try converse(session, over: channel, change) { return }
      } catch is VerificationLoss {
        // It comes back, or has given up.
      }
    }
  }

  private mutating func converse(
    _ session: VerificationSession,
    over channel: VerificationChannel,
    _ change: (Int, [UInt8]) -> [UInt8]
  ) throws -> Bool {
    while true {
      let data = try channel.receive(until: MonotonicClock.now + 20_000_000_000)
      requests[requests.count - 1].append(data)
      let (answer, step) = try session.answer(to: data, over: channel)
      guard let answer else { return false }
      answers.append(answer.bytes)
      try channel.send(change(answers.count - 1, answer.bytes))
      if case .isOver = step { return true }
    }
  }
}

/// Makes other messages of right ones; the same for the same seed.
struct MessageMutator {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func number(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  /// `message` with one field or the length changed; `others` are of the same session.
  mutating func changed(_ message: [UInt8], others: [[UInt8]]) -> [UInt8] {
    var bytes = message
    switch number(below: 6) {
    case 0: bytes[number(below: bytes.count)] ^= UInt8(1 << number(below: 8))
    case 1: for index in field() { bytes[index] = 0xff }
    case 2: for index in field() { bytes[index] = 0 }
    case 3: for index in field() { bytes[index] = UInt8(number(below: 256)) }
    case 4: bytes = Array(bytes.prefix(1 + number(below: 63)))
    default: bytes = others[number(below: others.count)]
    }
    return bytes
  }

  // Kind, sequence, status, address, length, rkey, access, sum, pages, reserved.
  private mutating func field() -> Range<Int> {
    let borders = [6, 8, 12, 16, 24, 32, 36, 40, 48, 56, 64]
    let index = number(below: borders.count - 1)
    return borders[index]..<borders[index + 1]
  }

  /// The requests of one connection with one of them changed, left out, said twice or in another place; mostly numbered
  /// as the server expects, which otherwise ends the session there.
  mutating func changed(_ requests: [[UInt8]], others: [[UInt8]]) -> [[UInt8]] {
    var requests = requests
    guard !requests.isEmpty else { return requests }
    let index = number(below: requests.count)
    let isNumbered = number(below: 4) > 0
    switch number(below: 5) {
    case 0: requests.remove(at: index)
    case 1: requests.insert(requests[index], at: index)
    case 2: requests.swapAt(index, number(below: requests.count))
    case 3: requests.insert(others[number(below: others.count)], at: index)
    default:
      if isNumbered { requests = MessageMutator.numbered(requests) }
      requests[index] = changed(requests[index], others: others)
      return requests
    }
    return isNumbered ? MessageMutator.numbered(requests) : requests
  }

  private static func numbered(_ requests: [[UInt8]]) -> [[UInt8]] {
    requests.enumerated()
      .map { index, request in
        var request = request
        // No recorded connection has more than 255.
        request.replaceSubrange(8..<12, with: [0, 0, 0, UInt8(truncatingIfNeeded: index + 1)])
        return request
      }
  }
}
