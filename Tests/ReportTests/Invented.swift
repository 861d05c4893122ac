@testable import Report

/// Documents made of invented numbers, as memreg writes them.
enum Invented {
  /// Parses `text` as the file of this name.
  static func document(_ text: String, file: String = "invented.json") throws -> ReportDocument {
    try ReportDocument(parsing: Array(text.utf8), of: file)
  }

  /// Registering takes `base` and 240 ns a page, deregistering a quarter; every sample is the median.
  static func bench(
    host: String = "node1",
    kernel: String = "6.12.1",
    driver: String = "rxe",
    memory: [String] = ["anonymous"],
    base: UInt64 = 20_000,
    sizes: [UInt64] = [4096, 65_536, 1_048_576],
    stages: String = "",
    file: String = "bench.json"
  ) throws -> ReportDocument {
    let cases = memory.flatMap { memory in sizes.map { benchCase(memory, $0, base, stages) } }
    let models = memory.map { memory in
      """
      {"strategy":"verbs","memory":"\(memory)","pages":"populated","threads":1,"resident":0,
      "phase":"register","base_ns":\(base),"per_page_ps":240000,"r_squared_ppm":998000}
      """
    }
    return try document(
      """
      {"schema":"memreg.bench/1","host":"\(host)","access":"local-write",
      "environment":{"kernel":"\(kernel)","device":"rxe0","driver":"\(driver)","page_bytes":4096,
      "processors":4,"memlock_limit_bytes":8388608,"memlock_limit_binds":true},
      "cases":[\(cases.joined(separator: ","))],"models":[\(models.joined(separator: ","))]}
      """,
      file: file
    )
  }

  private static func benchCase(
    _ memory: String,
    _ size: UInt64,
    _ base: UInt64,
    _ stages: String
  ) -> String {
    let register = base + 240 * size / 4096
    return """
      {"strategy":"verbs","memory":"\(memory)","pages":"populated","threads":1,"resident":0,
      "size_bytes":\(size),"charged_pages":\(size / 4096),"warnings":[],\(stages)
      "phases":[\(phase("register", register)),\(phase("deregister", register / 4))]}
      """
  }

  private static func phase(_ name: String, _ median: UInt64) -> String {
    let samples = [UInt64](repeating: median, count: 30).map(String.init).joined(separator: ",")
    return """
      {"phase":"\(name)","samples":30,"min_ns":\(median),"p50_ns":\(median),"p90_ns":\(median * 2),
      "p99_ns":\(median * 10),"p999_ns":\(median * 20),"max_ns":\(median * 20),"mean_ns":\(median),
      "per_page_ps":240000,"bytes_per_second":1,"samples_ns":[\(samples)]}
      """
  }

  static func check(kernel: String, driver: String = "rxe", _ verdicts: [(String, String)]) throws
    -> ReportDocument
  {
    let checks = verdicts.map { name, verdict in
      """
      {"name":"\(name)","group":"\(name.prefix { $0 != "." })","promise":"It holds.",
      "verdict":"\(verdict)","subject":"the charge","expected":"1 page","observed":"2 pages"}
      """
    }
    return try document(
      """
      {"schema":"memreg.check/1","kernel":"\(kernel)","device":"rxe0","driver":"\(driver)","seed":1,
      "checks":[\(checks.joined(separator: ","))]}
      """
    )
  }
}
