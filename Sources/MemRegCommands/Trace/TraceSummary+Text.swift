import LinuxSystem
import Report
import Tracing

extension TraceSummary {
  /// Tables: what each process has done, what its calls spent their time on, why calls failed.
  ///
  /// Rates are over `seconds`: since the earlier summary `before` was taken, or since the trace began.
  func text(seconds: Double, since before: TraceSummary? = nil) -> String {
    guard calls > 0 else { return "no calls\n" }
    let order = groups.keys.sorted { (one: Key, other: Key) in
      let (left, right) = (busyTime(of: one), busyTime(of: other))
      return left != right ? left > right : one.process < other.process
    }
    let failed = failureText
    return countTable(order, seconds: seconds, since: before).text + "\n" + timeTable(order).text
      + (failed.isEmpty ? "" : "\n" + failed)
  }

  /// Why calls failed; empty if none did.
  var failureText: String { failures.isEmpty ? "" : failureTable.text }

  private func countTable(_ order: [Key], seconds: Double, since before: TraceSummary?) -> TextTable
  {
    var table = TextTable(
      [
        ("program", .left), ("pid", .right), ("device", .left), ("register", .right),
        ("per second", .right), ("reregister", .right), ("deregister", .right), ("fault", .right),
        ("failed", .right), ("regions", .right), ("bytes", .right),
      ],
      leavingOut: ["reregister", "fault", "per second", "regions", "deregister"]
    )
    for key in order {
      guard let group = groups[key] else { continue }
      let made = group.calls[.register] ?? 0
      let earlier = before?.groups[key]?.calls[.register] ?? 0
      let rate = seconds > 0 ? Double(made - earlier) / seconds : 0
      table.append([
        key.program, String(key.process), key.device ?? "-", String(made),
        FixedPoint.text(rate, decimals: rate < 10 ? 1 : 0),
        String(group.calls[.reregister] ?? 0), String(group.calls[.deregister] ?? 0),
        String(group.calls[.fault] ?? 0), String(group.failed), String(group.regions),
        ByteSize.text(group.bytes),
      ])
    }
    return table
  }

  private func timeTable(_ order: [Key]) -> TextTable {
    var table = TextTable(
      [
        ("program", .left), ("pid", .right), ("device", .left), ("call", .left), ("", .left),
        ("total", .right),
      ]
        + Part.allCases.map { ($0.name, .right) },
      leavingOut: Part.allCases.reversed().map(\.name) + ["device"]
    )
    for key in order {
      for kind in CallKind.allCases {
        guard let times = groups[key]?.times[kind] else { continue }
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
          let isFirst = quantile == 0.5
          table.append(
            [
              isFirst ? key.program : "", isFirst ? String(key.process) : "",
              isFirst ? key.device ?? "-" : "", isFirst ? kind.name : "", name,
            ] + times.cells(quantile)
          )
        }
      }
    }
    return table
  }

  private var failureTable: TextTable {
    var table = TextTable([
      ("program", .left), ("pid", .right), ("device", .left), ("call", .left), ("failed", .right),
      ("errno", .left), ("in", .left), ("cause", .left),
    ])
    for (failure, count) in failures.sorted(by: { $0.value > $1.value }) {
      table.append([
        failure.key.program, String(failure.key.process), failure.key.device ?? "-",
        failure.kind.name, String(count), failure.errno.name,
        failure.failure.stage?.name ?? Part.uverbs.name, failure.failure.cause.text,
      ])
    }
    return table
  }

  private func busyTime(of key: Key) -> UInt64 {
    groups[key]?.times.values.reduce(0) { $0 &+ $1.total.nanoseconds } ?? 0
  }
}

extension TraceSummary.Times {
  fileprivate func cells(_ quantile: Double) -> [String] {
    ([total] + parts)
      .map { counts in
        guard let time = counts.nanoseconds(atQuantile: quantile), counts.nanoseconds > 0 else {
          return "-"
        }
        return DurationText.text(nanoseconds: Double(time))
      }
  }
}
