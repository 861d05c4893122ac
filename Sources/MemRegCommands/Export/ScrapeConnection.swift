import Glibc
import LinuxSystem

/// A client of the scrape server: a request that arrives, its answer, then the rest of what the client sends.
///
/// No call of it blocks. Going out of scope closes it.
final class ScrapeConnection {
  private enum State {
    case receiving([UInt8])
    case asked(String)
    case answering(ArraySlice<UInt8>)
    /// Closing with unread bytes would reset the connection under the answer.
    case draining
    case over
  }

  let descriptor: Int32
  private var state = State.receiving([])
  private var deadline: UInt64

  /// How long a client may take for its request, and again for its answer.
  private static let timeout: UInt64 = 5_000_000_000
  private static let drainTimeout: UInt64 = 1_000_000_000
  /// The longest request head, in bytes.
  private static let longestRequest = 8192

  /// Takes over a descriptor that does not block.
  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    deadline = MonotonicClock.now + ScrapeConnection.timeout
  }

  /// What to wait for with `poll(2)`.
  var events: Int16 {
    if case .answering = state { return Int16(POLLOUT) }
    return Int16(POLLIN)
  }

  var isOver: Bool {
    if case .over = state { return true }
    return false
  }

  /// Whether its request has arrived and its answer is not sent yet.
  var hasAsked: Bool {
    switch state {
    case .asked, .answering: true
    case .receiving, .draining, .over: false
    }
  }

  /// The first line of a request that has arrived and has no answer yet.
  var request: String? {
    guard case .asked(let line) = state else { return nil }
    return line
  }

  /// Begins to send `text`, a whole answer.
  func answer(_ text: String) {
    deadline = MonotonicClock.now + ScrapeConnection.timeout
    state = .answering(Array(text.utf8)[...])
    advance()
  }

  /// Ends it if its time is over.
  func expire(at now: UInt64) { if now > deadline { state = .over } }

  /// Moves as many bytes as the socket takes or has.
  func advance() {
    switch state {
    case .receiving(let bytes): receive(after: bytes)
    case .answering(let rest): send(rest)
    case .draining: drain()
    case .asked, .over: break
    }
  }

  private func receive(after bytes: [UInt8]) {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return end(unlessBlocked: count) }
    let bytes = bytes + chunk[..<count]
    if let line = ScrapeConnection.requestLine(of: bytes) {
      state = .asked(String(decoding: line, as: UTF8.self))
    } else {
      state =
        bytes.count >= ScrapeConnection.longestRequest
        ? .asked(ScrapeServer.overlong) : .receiving(bytes)
    }
  }

  private func send(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { part in
        unsafe Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else {
        state = .answering(rest)
        return end(unlessBlocked: count)
      }
      rest = rest.dropFirst(count)
    }
    shutdown(descriptor, Int32(SHUT_WR))
    deadline = MonotonicClock.now + ScrapeConnection.drainTimeout
    state = .draining
  }

  private func drain() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
    if count <= 0 { end(unlessBlocked: count) }
  }

  private func end(unlessBlocked count: Int) {
    let code = Errno.current
    if count < 0, code == .EAGAIN || code == .EINTR { return }
    state = .over
  }

  /// The first line of a request whose head is complete; lines end in CR LF or in LF alone (RFC 9112, 2.2).
  static func requestLine(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    // An empty line ahead of a request is to be ignored.
    let text = bytes.drop { $0 == cr || $0 == lf }
    guard let first = text.firstIndex(of: lf) else { return nil }
    var lineEnd = first
    while true {
      var next = text[(lineEnd + 1)...]
      if next.first == cr { next = next.dropFirst() }
      if next.first == lf { return text[..<first].prefix { $0 != cr } }
      guard let end = next.firstIndex(of: lf) else { return nil }
      lineEnd = end
    }
  }

  deinit { close(descriptor) }
}
