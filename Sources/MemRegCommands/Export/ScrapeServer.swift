import Glibc
import LinuxSystem

/// A server for `GET /metrics` that waits for all its clients in one `poll(2)`.
///
/// No client delays another: no call blocks, each connection has a deadline, and at most `capacity` are open. If one
/// more comes, the one that has waited longest without a request is closed.
struct ScrapeServer: ~Copyable {
  private let listener: Int32
  /// The port that it listens on, chosen by the kernel if 0 was asked for.
  let port: UInt16
  /// How many connections may be open.
  private let capacity: Int

  private static let mostConnections = 256
  /// Descriptors that making a page may need, and those of the process itself.
  private static let reservedDescriptors = 48
  /// How long one page answers every request, in nanoseconds: a flood of requests makes four pages a second.
  private static let pageLifetime: UInt64 = 250_000_000

  /// Listens on `host`, a name or a number; throws EADDRNOTAVAIL, EADDRINUSE or EACCES.
  init(host: String, port: UInt16) throws(SystemError) {
    let action = "listen on \(host):\(port)"
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0, let first = unsafe list else {
      throw SystemError(action, code: .EADDRNOTAVAIL)
    }
    defer { unsafe freeaddrinfo(first) }
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let (made, code) = unsafe (socket(first.pointee.ai_family, type, 0), Errno.current)
    guard made >= 0 else { throw SystemError(action, code: code) }
    var yes: Int32 = 1
    _ = unsafe setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var bound = unsafe bind(made, first.pointee.ai_addr, first.pointee.ai_addrlen)
    // A connection that finds the queue full is tried again only a second later; the kernel cuts this to somaxconn.
    if bound == 0 { bound = listen(made, 4096) }
    let cause = Errno.current
    guard bound == 0 else {
      close(made)
      throw SystemError(action, code: cause)
    }
    listener = made
    self.port = ScrapeServer.port(of: made)
    var limit = rlimit()
    let known = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    let room = known ? Int(clamping: limit.rlim_cur) - ScrapeServer.reservedDescriptors : 1
    capacity = min(max(room, 1), ScrapeServer.mostConnections)
  }

  /// Answers scrapes with what `page` makes until the command is to stop.
  func serve(_ page: () throws -> String) throws {
    var connections: [ScrapeConnection] = []
    var latest: (text: String, time: UInt64)?
    func recentPage() throws -> String {
      if let latest, MonotonicClock.now - latest.time < ScrapeServer.pageLifetime {
        return latest.text
      }
      let text = try page()
      latest = (text, MonotonicClock.now)
      return text
    }
    while !Interruption.isRequested {
      let hasNew = wait(for: connections)
      connections.removeAll(where: \.isOver)
      if hasNew { accept(into: &connections) }
      for connection in connections {
        guard let request = connection.request else { continue }
        connection.answer(try ScrapeServer.answer(to: request, recentPage))
      }
    }
  }

  /// Waits until a connection has progressed, for at most half a second; whether new ones ask to be accepted.
  private func wait(for connections: [ScrapeConnection]) -> Bool {
    var waiting = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    waiting += connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
    guard unsafe poll(&waiting, nfds_t(waiting.count), 500) >= 0 else { return false }
    let now = MonotonicClock.now
    for (connection, found) in zip(connections, waiting.dropFirst()) {
      if found.revents != 0 { connection.advance() }
      connection.expire(at: now)
    }
    return waiting[0].revents != 0
  }

  /// Accepts some of the connections that wait; few enough that a client's request is read before others push it out.
  private func accept(into connections: inout [ScrapeConnection]) {
    for _ in 0..<max(capacity / 4, 1) {
      let (made, code) = (Glibc.accept(listener, nil, nil), Errno.current)
      guard made >= 0 else {
        // The connection stays in the queue, and the next turn finds room for it.
        if code == .EMFILE || code == .ENFILE || code == .ENOMEM {
          ScrapeServer.makeRoom(in: &connections)
        }
        return
      }
      _ = fcntl(made, F_SETFD, FD_CLOEXEC)
      _ = fcntl(made, F_SETFL, O_NONBLOCK)
      if connections.count >= capacity { ScrapeServer.makeRoom(in: &connections) }
      let connection = ScrapeConnection(made)
      connection.advance()
      connections.append(connection)
    }
  }

  /// Closes the oldest connection, if possible one without a request.
  private static func makeRoom(in connections: inout [ScrapeConnection]) {
    guard let index = connections.firstIndex(where: { !$0.hasAsked }) ?? connections.indices.first
    else { return Pause.sleep(nanoseconds: 10_000_000) }
    connections.remove(at: index)
  }

  private static func port(of listener: Int32) -> UInt16 {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(listener, $0, &length)
      }
    }
    guard result == 0 else { return 0 }
    // The port is at the same place in addresses of both families.
    return unsafe withUnsafeBytes(of: &address) {
      UInt16(bigEndian: unsafe $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  deinit { close(listener) }
}
