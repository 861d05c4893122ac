import LinuxSystem
public import Verbs

/// Registers memory for peers that prove it, and reads and writes theirs; each verification has a thread of its own.
public final class VerificationServer {
  /// The port in use.
  public let port: UInt16
  /// The device whose address it listens on, `nil` if it listens on all.
  public var deviceName: String? { listener.deviceName }
  private let listener: Listener
  private let limit: UInt64
  private var workers: [VerificationWorker] = []
  /// Called on another thread when it has released a device that is being removed and that a verification came through.
  public var whenRemoved: @Sendable (Device) -> Void = { _ in }
  /// The devices that verifications came through, open as long as librdmacm has them open as well.
  private var held: [(context: DeviceContext, watch: RemovalWatch)] = []

  /// Verifications at a time: each may have two regions of the limit pinned.
  public static let mostVerifications = 4

  /// Listens on `address`, ready to register at most `limit` bytes for a peer; throws what `Listener` does.
  public init(on address: SocketAddress, limit: UInt64) throws(VerbsError) {
    let listener = try Listener(on: address)
    port = listener.port
    self.listener = listener
    self.limit = limit
  }

  /// Serves until `isInterrupted`, or with `once` until one verification is over; `report` gets a line for each event,
  /// on any thread.
  ///
  /// Throws only what ends listening, such as a disassociated error when the device goes whose address it has.
  public func run(
    once: Bool,
    isInterrupted: () -> Bool,
    report: @escaping @Sendable (String) -> Void
  ) throws(VerbsError) {
    defer { endAll() }
    while !isInterrupted() {
      let isGone = workers.contains { $0.context.isDisassociated }
      if endFinished(), once {
        if isGone { throw .disassociated("rdma_accept") }
        return
      }
      guard let request = try listener.next(within: .milliseconds(100)) else { continue }
      do {
        try take(request, report)
      } catch let error as VerbsError where error.isDisassociated {
        continue
      } catch let error as VerbsError {
        report("a connection failed: \(error.verb) failed: \(error.code)")
      } catch {
        report("a connection failed: \(error)")
      }
    }
  }

  /// Gives a connection to its verification, or begins one.
  private func take(
    _ request: consuming ConnectionRequest,
    _ report: @escaping @Sendable (String) -> Void
  ) throws {
    let greeting: VerificationGreeting
    do throws(WireError) {
      greeting = try VerificationGreeting(parsing: request.data)
    } catch {
      var kind = VerificationGreeting.Kind.malformed
      if case .version = error { kind = .otherVersion }
      report("refused a peer: \(error)")
      return try request.reject(data: VerificationGreeting(kind, token: 0).bytes)
    }
    guard greeting.kind == .request, let device = request.deviceName else {
      return try request.reject(data: VerificationGreeting(.malformed, token: 0).bytes)
    }
    if let worker = workers.first(where: { $0.token == greeting.token && !$0.isOver }) {
      return worker.take(request)
    }
    _ = endFinished()
    if workers.count == VerificationServer.mostVerifications { endLost() }
    guard workers.count < VerificationServer.mostVerifications else {
      return try request.reject(data: VerificationGreeting(.busy, token: 0).bytes)
    }
    let worker = try VerificationWorker(token: greeting.token, on: open(device), limit: limit)
    report("verification \(String(greeting.token, radix: 16)) began on \(device)")
    worker.take(request)
    worker.start(report)
    workers.append(worker)
  }

  private func open(_ device: String) throws -> DeviceContext {
    held.removeAll { $0.context.isDisassociated }
    if let known = held.first(where: { $0.context.device.name == device }) { return known.context }
    let context = try DeviceContext(named: device)
    let watch = try RemovalWatch(of: context) { [whenRemoved] _ in whenRemoved(context.device) }
    held.append((context, watch))
    return context
  }

  /// Releases the verifications that are over; whether there was one.
  private func endFinished() -> Bool {
    let count = workers.count
    workers.removeAll { worker in
      guard worker.isOver else { return false }
      worker.finish()
      return true
    }
    return workers.count < count
  }

  /// Gives up one verification whose peer has disconnected: who is there comes before who may come back.
  private func endLost() {
    guard let index = workers.firstIndex(where: \.hasLostPeer) else { return }
    let worker = workers.remove(at: index)
    worker.stop()
    worker.finish()
  }

  private func endAll() {
    for worker in workers { worker.stop() }
    for worker in workers { worker.finish() }
    workers = []
  }
}
