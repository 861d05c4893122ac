import Glibc
import LinuxSystem

/// A server for `GET /metrics`, one scrape after the other, as scrapers come seldom and want little.
struct ScrapeServer: ~Copyable {
  private let listener: Int32
  /// The port that it listens on, chosen by the kernel where 0 was asked for.
  let port: UInt16

  private static let longestRequest = 8192
  private static let timeout: UInt64 = 5_000_000_000

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
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let (made, code) = unsafe (socket(first.pointee.ai_family, type, 0), Errno.current)
    guard made >= 0 else { throw SystemError(action, code: code) }
    var yes: Int32 = 1
    _ = unsafe setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var bound = unsafe bind(made, first.pointee.ai_addr, first.pointee.ai_addrlen)
    if bound == 0 { bound = listen(made, 16) }
    let cause = Errno.current
    guard bound == 0 else {
      close(made)
      throw SystemError(action, code: cause)
    }
    listener = made
    self.port = ScrapeServer.port(of: made)
  }

  /// Answers scrapes with what `page` makes until the command is to stop.
  func serve(_ page: () throws -> String) throws {
    while !Interruption.isRequested {
      var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waiting, 1, 1000) > 0 else { continue }
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      defer { close(connection) }
      guard let request = ScrapeServer.request(from: connection) else { continue }
      ScrapeServer.send(try ScrapeServer.answer(to: request, page), to: connection)
    }
  }

  /// The whole answer to the first line of a request.
  static func answer(to request: String, _ page: () throws -> String) rethrows -> String {
    let words = request.split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return response("400 Bad Request", "text/plain", "not a request of HTTP/1\n")
    }
    guard words[0] == "GET" || words[0] == "HEAD" else {
      return response("405 Method Not Allowed", "text/plain", "only GET\n", "Allow: GET, HEAD\r\n")
    }
    guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else {
      return response("404 Not Found", "text/plain", "the metrics are at /metrics\n")
    }
    let body = try page()
    let whole = response("200 OK", MetricsText.contentType, body)
    return words[0] == "HEAD" ? String(whole.dropLast(body.count)) : whole
  }

  private static func response(
    _ status: String,
    _ type: String,
    _ body: String,
    _ more: String = ""
  ) -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(more)"
      + "Connection: close\r\n\r\n\(body)"
  }

  /// The first line of a request, read to the end of its head; `nil` where a client is too slow or says too much.
  private static func request(from connection: Int32) -> String? {
    let deadline = MonotonicClock.now + timeout
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1024)
    let end = Array("\r\n\r\n".utf8)
    while bytes.count < longestRequest, MonotonicClock.now < deadline {
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waiting, 1, 200) > 0 else {
        if Interruption.isRequested { return nil }
        continue
      }
      let count = unsafe recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      bytes += chunk[..<count]
      guard bytes.suffix(count + 3).indices.contains(where: { bytes[$0...].starts(with: end) })
      else { continue }
      return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }
    return nil
  }

  private static func send(_ text: String, to connection: Int32) {
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    _ = unsafe setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { part in
        unsafe Glibc.send(connection, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
    // Closing with unread bytes would reset the connection under the answer.
    shutdown(connection, Int32(SHUT_WR))
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
