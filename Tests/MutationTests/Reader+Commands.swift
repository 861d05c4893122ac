import Fuzzing
import Glibc
import LinuxSystem

@testable import Benchmarking
@testable import MemRegCommands

extension Reader {
  static let commands = [
    Reader(
      "traces",
      texts: [traceSeed],
      tokens: ["{\"event\":\"register\"", "}", "null", "\"unmap\""]
    ) { bytes in
      try withFile(bytes) { path in
        do {
          let trace = try RecordedTrace.reading(path)
          _ = ReplayArena.pieces(of: trace)
        } catch let failure as CommandFailure {
          try require(failure.status == .dataError, "a broken trace gets \(failure.status)")
          try require(failure.message.printable.utf8.count < 400, "a message repeats its input")
        }
      }
    },
    Reader(
      "replay scripts",
      texts: [scriptSeed],
      tokens: ["map ", "register ", "fork ", "limit ", "0x"]
    ) { bytes in
      do throws(FuzzScript.Problem) {
        let script = try FuzzScript(parsing: String(decoding: bytes, as: UTF8.self))
        guard try FuzzScript(parsing: script.text) == script else {
          throw FuzzScript.Problem.notAnOperation(line: 0, text: "")
        }
      } catch {
        guard case .notAnOperation(let line, let text) = error else { return }
        try require(line > 0, "a script is another one once it has been written")
        try require(text.utf8.count <= 320, "a message repeats its input")
      }
    },
    Reader(
      "requests for metrics",
      texts: requestSeeds,
      tokens: ["HTTP/1.1", "GET", "HEAD", "/metrics", "?"]
    ) { bytes in
      let answer = ScrapeServer.answer(to: String(decoding: bytes, as: UTF8.self)) { "page\n" }
      let lines = answer.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      try require(answer.utf8.starts(with: "HTTP/1.1 ".utf8), "an answer is none of HTTP")
      try require(lines.count <= 8, "a request adds lines to its answer")
    },
    Reader("sizes", texts: ["4096", "64K", "1GiB", "8E"], tokens: ["K", "kib", "TiB", "MB"]) {
      bytes in
      guard case .success(let size) = ByteSize.parse(String(decoding: bytes, as: UTF8.self)) else {
        return
      }
      try require((1...UInt64(Int64.max)).contains(size.bytes), "a size of \(size.bytes)")
    },
    Reader(
      "policies",
      texts: ["none", "odp", "cache:64", "cache:64M", "copy"],
      tokens: ["cache:", "none"]
    ) { bytes in
      _ = ReplayPolicy(Substring(String(decoding: bytes, as: UTF8.self)))
    },
  ]

  private static let traceSeed = """
    {"command":"c","event":"trace","schema":"memreg.trace/1"}
    {"event":"process","forked":false,"parent":1,"pid":2,"program":"p","time_ns":5}
    {"access":7,"address":4096,"call":"ibv_reg_mr","device":"rxe0","duration_ns":5,"errno":0,"event":"register","length_bytes":4096,"lkey":1,"pid":2,"region":1,"rkey":1,"thread":2,"time_ns":6}
    {"access":1,"address":8192,"event":"reregister","changes":4,"length_bytes":100,"region":1,"errno":0}
    {"address":4096,"event":"unmap","length_bytes":4096}
    {"access":1,"address":72057594037927935,"event":"register","length_bytes":72057594037927935,"region":2,"errno":0}
    {"event":"deregister","region":1,"errno":0}
    {"event":"register","address":1,"length_bytes":1,"errno":12}

    """

  private static let scriptSeed = """
    # a remark
    map anonymous 0 4 read-write
    protect 0 2 read
    move 0 1 8
    register 0 0 4096 0x1
    fork 0 0 100
    limit 65536
    limit unlimited
    privilege off
    discard 0 1
    deregister 0
    unmap 0 4

    """

  private static let requestSeeds = [
    "GET /metrics HTTP/1.1", "HEAD /metrics?x=1 HTTP/1.0", "POST / HTTP/1.1",
    "GET http://a/metrics HTTP/1.1",
  ]
}
