extension ScrapeServer {
  /// The request line that stands for a head longer than any scraper sends.
  static let overlong = "overlong"

  /// The whole answer to the first line of a request.
  static func answer(to request: String, _ page: () throws -> String) rethrows -> String {
    guard request != overlong else {
      return response("431 Request Header Fields Too Large", "text/plain", "too long a request\n")
    }
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
}
