import Documents
import LinuxSystem

/// A `memreg bench` document with its series.
struct BenchDocument: Sendable {
  let document: ReportDocument
  let report: BenchReport
  let series: [CostSeries]

  /// `nil` for a document of another kind.
  init?(_ document: ReportDocument) {
    guard let report = document.bench else { return nil }
    self.document = document
    self.report = report
    series = CostSeries.all(of: report)
  }

  private var environment: BenchEnvironment { report.environment }

  private var pageBytes: Double { max(1, environment.$pageBytes.map { Double($0) } ?? 4096) }

  /// The figures and texts of the document.
  var section: Page.Section {
    let costs = CostFigure(series: series, pageBytes: pageBytes)
      .figure(title: "Cost against size", conditions: conditions)
    let together = SideBySideFigure(series: series).figure(conditions: conditions)
    var blocks: [Page.Block] = [.list(environmentLines)]
    let stages = StageFigure(series: series).figure(conditions: conditions)
    blocks += [costs, together, stages].compactMap { $0.map { .figure($0) } }
    let models = modelRows
    if !models.isEmpty {
      blocks.append(
        .table(
          Table(
            "Fitted cost: a base and a part for each page",
            [
              .text("series"), .text("operation"), .number("base"), .number("ns/page"),
              .number("R²"),
            ],
            models
          )
        )
      )
    }
    if !remarks.isEmpty { blocks.append(.list(remarks)) }
    return Page.Section(title: "Benchmark \(document.name)", blocks: blocks)
  }

  /// Device, kernel and machine in a sentence, for captions.
  var conditions: String {
    var parts: [String] = []
    if let device = document.device {
      parts.append("Device \(device), driver \(document.driver ?? "unknown")")
    }
    parts.append("\(parts.isEmpty ? "Kernel" : "kernel") \(document.kernel ?? "unknown")")
    if let processor = environment.processor { parts.append(processor) }
    let end = document.isEmulated ? " (emulated: ratios hold, times do not)." : "."
    return parts.joined(separator: ", ") + end
  }

  /// What decides the figures beside memreg itself, in two or three lines.
  private var environmentLines: [String] {
    var machine = "Kernel \(document.kernel ?? "unknown"), \(environment.processor.cell), "
    machine +=
      "\(environment.$processors.cell) CPU\(environment.$processors == 1 ? "" : "s")"
    if let hypervisor = environment.hypervisor { machine += ", under \(hypervisor)" }
    if document.isEmulated { machine += " (emulated: ratios hold, times do not)" }
    if let host = document.host { machine += ", host \(host)" }
    let limit = environment.memlockLimitBytes.size(absent: "unlimited")
    let lifted = environment.$memlockLimitBinds == false ? " (lifted)" : ""
    var lines = [
      machine,
      "Page \(environment.$pageBytes.size()), transparent huge pages "
        + "\(environment.$transparentHugePages.cell), memlock limit \(limit)\(lifted), "
        + "access \(report.$access.cell), memreg \(environment.$memreg.cell)",
    ]
    if let device = document.device {
      lines.insert(
        "Device \(device), driver \(document.driver ?? "unknown"), rdma-core "
          + environment.rdmaCore.cell,
        at: 0
      )
    }
    return lines
  }

  private var modelRows: [[String]] {
    series.flatMap { one in
      one.curves.compactMap { curve in
        curve.model.map { model in
          [
            one.name, curve.phase, DurationText.text(nanoseconds: model.base),
            FixedPoint.text(model.perPage, decimals: 3),
            FixedPoint.text(model.rSquared, decimals: 4),
          ]
        }
      }
    }
  }

  /// Crossovers, failures and warnings, a line each.
  private var remarks: [String] {
    var lines: [String] = []
    if report.interrupted {
      lines.append("Interrupted: what was measured until then is shown.")
    }
    for crossing in report.crossovers {
      let name = crossing.$series.cell
      lines.append(
        crossing.sizeBytes.map {
          "\(name): registration is cheaper than copying at \(SizeText.text($0)) and above."
        } ?? "\(name): copying is cheaper than registration at every size measured."
      )
    }
    for one in series {
      let failed = one.cases.filter { $0.failure != nil }
      guard let first = failed.first else { continue }
      lines.append(
        "Not measured: \(failed.count) of \(one.cases.count) sizes of \(one.name), first "
          + "\(first.$sizeBytes.size()): \(first.failure.cell)"
      )
    }
    return lines + warnings
  }

  /// One line for each kind of warning, however many cases it is about.
  private var warnings: [String] {
    var order: [String] = []
    var counts: [String: (count: Int, first: String)] = [:]
    let cases = series.flatMap { one in one.cases.map { (one.name, $0) } }
    for (name, benchCase) in cases {
      for warning in benchCase.warnings {
        let kind = warning.$kind.cell
        if counts[kind] == nil { order.append(kind) }
        let first = "\(name), \(benchCase.$sizeBytes.size()): \(warning.$text.cell)"
        counts[kind, default: (0, first)].count += 1
      }
    }
    return order.compactMap { kind in
      counts[kind]
        .map { "Warning \(kind) at \($0.count) of \(cases.count) cases, first \($0.first)" }
    }
  }
}
