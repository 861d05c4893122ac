import Documents
import Testing

@testable import MemRegCommands

@Suite struct `Metrics` {
  private func process(_ pid: Int32, pinned: Int64, limit: UInt64?) -> TopSample.Process {
    TopSample.Process(
      pid: pid,
      name: "p\"\(pid)\\",
      user: "root",
      pinnedBytes: pinned,
      lockedBytes: 0,
      limitBytes: limit,
      limitBinds: limit != nil,
      mrs: 1,
      mrBytes: UInt64(clamping: pinned),
      devices: ["rxe0"],
      pinnedBytesPerSecond: nil
    )
  }

  private func sample(_ processes: [TopSample.Process]) -> TopSample {
    TopSample(
      timeUnixNs: 1,
      systemPinnedBytes: 1 << 20,
      accountedBytes: processes.reduce(0) { $0 + $1.pinnedBytes },
      processes: processes,
      devices: [TopSample.Device(device: "rxe0", mrs: 3, mrBytes: 12288)]
    )
  }

  @Test func `name unit, labels and headroom, and end as OpenMetrics demands`() {
    let text = sample([process(7, pinned: 4096, limit: 65536)])
      .metrics(ProbeCounts(), processes: 5)
    let labels = #"{pid="7",name="p\"7\\",user="root"}"#
    #expect(text.contains("# TYPE memreg_process_pinned_bytes gauge\n"))
    #expect(text.contains("# UNIT memreg_process_pinned_bytes bytes\n"))
    #expect(text.contains("\nmemreg_process_pinned_bytes\(labels) 4096\n"))
    #expect(text.contains("\nmemreg_process_headroom_bytes\(labels) 61440\n"))
    #expect(text.contains("\nmemreg_process_headroom_ratio\(labels) 0.9375\n"))
    #expect(text.contains("\nmemreg_foll_pin_balance_bytes 1048576\n"))
    #expect(text.contains("\nmemreg_unaccounted_bytes 1044480\n"))
    #expect(text.contains("\nmemreg_device_mr_bytes{device=\"rxe0\"} 12288\n"))
    #expect(text.hasSuffix("\n# EOF\n"))
  }

  @Test func `show a process below zero first, whatever their number`() {
    let processes = (1...9).map { process($0, pinned: Int64($0) * 4096, limit: nil) }
    let text = sample(processes + [process(5000, pinned: -65536, limit: nil)])
      .metrics(ProbeCounts(), processes: 1)
    #expect(
      text.contains(
        "\nmemreg_process_pinned_bytes{pid=\"5000\",name=\"p\\\"5000\\\\\",user=\"root\"} -65536\n"
      )
    )
    #expect(text.contains("(VmPin); below zero: uncharged more than charged.\n"))
    #expect(text.contains("\nmemreg_accounted_bytes \(45 * 4096 - 65536)\n"))
  }

  @Test func `say nothing of headroom where no limit binds`() {
    let text = sample([process(7, pinned: 4096, limit: nil)])
      .metrics(ProbeCounts(), processes: 5)
    #expect(!text.contains("headroom"))
    #expect(!text.contains("limit_bytes"))
  }

  @Test func `are bounded in number, with the largest and those nearest to their limits`() {
    var processes = (1...1000).map { process($0, pinned: Int64($0) * 4096, limit: 1 << 40) }
    processes.append(process(5000, pinned: 4096, limit: 4096))
    let sample = sample(processes)
    #expect(Set(sample.foremost(3).map(\.pid)) == [998, 999, 1000, 5000])
    let text = sample.metrics(ProbeCounts(), processes: 3)
    let series = text.split(separator: "\n").count { $0.hasPrefix("memreg_process_pinned_bytes{") }
    #expect(series == 4)
    #expect(text.contains("\nmemreg_omitted_processes 997\n"))
    #expect(text.contains("\nmemreg_omitted_pinned_bytes \(4096 * (997 * 998 / 2))\n"))
  }

  @Test func `escape a quote, a backslash and a newline that a mark joins`() {
    #expect(MetricsText.escaped("q\"\u{301}") == "q\\\"\u{301}")
    #expect(
      MetricsText.escaped("\u{600}\"\u{600}\\\u{301}\n") == "\u{600}\\\"\u{600}\\\\\u{301}\\n"
    )
  }

  @Test(
    arguments: [
      ("GET /metrics HTTP/1.1", "200 OK"), ("GET /metrics?x=1 HTTP/1.0", "200 OK"),
      ("HEAD /metrics HTTP/1.1", "200 OK"), ("GET / HTTP/1.1", "404 Not Found"),
      ("POST /metrics HTTP/1.1", "405 Method Not Allowed"), ("hello", "400 Bad Request"),
      ("", "400 Bad Request"), ("GET /metrics SSH-2.0", "400 Bad Request"),
    ]
  )
  func `are served to scrapers alone`(request: String, status: String) {
    let answer = ScrapeServer.answer(to: request) { "page\n" }
    #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
    #expect(
      answer.hasSuffix("\r\n\r\npage\n") == (request.hasPrefix("GET /m") && status == "200 OK")
    )
    if status == "200 OK" { #expect(answer.contains("Content-Length: 5\r\n")) }
  }

  @Test(
    arguments: [
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", true), ("GET /metrics HTTP/1.1\n\n", true),
      ("GET /metrics HTTP/1.1\nHost: x\n\n", true), ("GET /metrics HTTP/1.1\n\r\n", true),
      ("\r\nGET /metrics HTTP/1.1\r\n\nrest", true),
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n", false),
      ("GET /metrics HTTP/1.1\r\n\r", false), ("GET /metrics HTTP/1.1\n", false), ("\n\n", false),
      ("", false),
    ]
  )
  func `are asked for in lines that end in CR LF or in LF alone`(head: String, isWhole: Bool) {
    let line = ScrapeConnection.requestLine(of: Array(head.utf8))
    #expect(
      line.map { String(decoding: $0, as: UTF8.self) } == (isWhole ? "GET /metrics HTTP/1.1" : nil)
    )
  }
}
