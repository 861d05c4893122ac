import Glibc
import LinuxSystem
public import Verbs

/// Registers memory for peers that prove it, one verification at a time, and reads and writes theirs.
public final class VerificationServer {
  /// The port in use.
  public let port: UInt16
  /// The device whose address it listens on, `nil` where it listens on all.
  public var deviceName: String? { listener.deviceName }
  private let listener: Listener
  private let limit: UInt64
  private var session: VerificationSession?
  /// When the peer of the session was last heard of, in nanoseconds.
  private var heard: UInt64 = 0
  private var next: ConnectionRequest?
  /// Called on another thread when it has let go of a device that is being removed and that a verification came through.
  public var whenRemoved: @Sendable (Device) -> Void = { _ in }
  /// The devices that verifications came through, open as long as librdmacm has them open as well.
  private var held: [(context: DeviceContext, watch: RemovalWatch)] = []

  /// How long a silent peer keeps its session.
  package static let timeout: UInt64 = 30_000_000_000

  /// Listens on `address`, ready to register at most `limit` bytes for a peer; throws what `Listener` does.
  public init(on address: SocketAddress, limit: UInt64) throws(VerbsError) {
    let listener = try Listener(on: address)
    port = listener.port
    self.listener = listener
    self.limit = limit
  }

  /// Serves until `isInterrupted`, or with `once` until one verification is over; `report` gets a line for each event.
  ///
  /// Throws only what ends listening, such as a disassociated error when the device goes whose address it has.
  public func run(
    once: Bool,
    isInterrupted: () -> Bool,
    report: (String) -> Void
  ) throws(VerbsError) {
    defer { end("interrupted", report) }
    while !isInterrupted() {
      if next == nil { next = try listener.next(within: .milliseconds(200)) }
      if let session, session.domain.context.isDisassociated {
        end("interrupted", report)
        if once { throw .disassociated("rdma_accept") }
      }
      guard let request = next.take() else {
        if session != nil, MonotonicClock.now - heard > VerificationServer.timeout {
          end("its peer has been silent", report)
          if once { return }
        }
        continue
      }
      do {
        if try serve(request, isInterrupted, report), once { return }
      } catch let error as VerbsError where error.isDisassociated {
        continue
      } catch {
        report("a connection failed: \(error)")
      }
    }
  }

  /// Serves one connection to its end; true where a verification ended with it.
  private func serve(
    _ request: consuming ConnectionRequest,
    _ isInterrupted: () -> Bool,
    _ report: (String) -> Void
  ) throws -> Bool {
    let greeting: VerificationGreeting
    do throws(WireError) {
      greeting = try VerificationGreeting(parsing: request.data)
    } catch {
      var kind = VerificationGreeting.Kind.malformed
      if case .version = error { kind = .otherVersion }
      report("refused a peer: \(error)")
      try request.reject(data: VerificationGreeting(kind, token: 0).bytes)
      return false
    }
    guard greeting.kind == .request, session.map({ $0.token == greeting.token }) ?? true,
      let device = request.deviceName
    else {
      let kind = greeting.kind == .request ? VerificationGreeting.Kind.busy : .malformed
      try request.reject(data: VerificationGreeting(kind, token: 0).bytes)
      return false
    }
    let session =
      try self.session
      ?? VerificationSession(token: greeting.token, on: open(device), limit: limit)
    if self.session == nil { report("verification \(session.peer) began on \(device)") }
    self.session = session
    session.reconnected()
    heard = MonotonicClock.now
    let answer = VerificationGreeting(.accepted, token: greeting.token).bytes
    let connection = try request.accept(in: session.domain, data: answer)
    var channel = try VerificationChannel(over: connection, in: session.domain)
    do {
      return try converse(session, &channel, isInterrupted, report)
    } catch is VerificationLoss {
      // A transfer that fails ends the connection; the peer comes back with the same token.
      return false
    } catch let error as WireError {
      end("its peer sent \(error)", report)
      return true
    }
  }

  private func open(_ device: String) throws -> DeviceContext {
    held.removeAll { $0.context.isDisassociated }
    if let known = held.first(where: { $0.context.device.name == device }) { return known.context }
    let context = try DeviceContext(named: device)
    let watch = try RemovalWatch(of: context) { [whenRemoved] _ in whenRemoved(context.device) }
    held.append((context, watch))
    return context
  }

  private func converse(
    _ session: VerificationSession,
    _ channel: inout VerificationChannel,
    _ isInterrupted: () -> Bool,
    _ report: (String) -> Void
  ) throws -> Bool {
    while !isInterrupted(), MonotonicClock.now - heard < VerificationServer.timeout {
      if let data = try channel.poll() {
        heard = MonotonicClock.now
        switch try session.serve(data, over: channel) {
        case .goesOn: continue
        case .connectionLost: return false
        case .isOver:
          end("complete", report)
          return true
        }
      }
      // A peer that comes back is here before the end of its old connection may be.
      if let request = try listener.next(within: .zero) {
        let greeting = try? VerificationGreeting(parsing: request.data)
        if greeting?.token == session.token {
          next = consume request
          return false
        }
        try request.reject(data: VerificationGreeting(.busy, token: 0).bytes)
      }
    }
    return false
  }

  private func end(_ how: String, _ report: (String) -> Void) {
    guard let session = session.take() else { return }
    let how = session.domain.context.isDisassociated ? "its device is being removed" : how
    report(
      "verification \(session.peer) ended, \(how): \(session.requests) requests, \(session.refusals) refused"
    )
  }
}
