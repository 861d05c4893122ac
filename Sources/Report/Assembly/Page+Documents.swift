import Documents

extension Page {
  /// The report on `documents`: benchmarks and their comparison, then checks, coherence, caches, fuzzing and limits.
  public init(of documents: [ReportDocument]) {
    let benches = documents.compactMap(BenchDocument.init)
    var sections = benches.map(\.section)
    // Each with the first before it that has a case in common.
    for (index, bench) in benches.enumerated() {
      let comparison = benches[..<index].lazy.compactMap { BeforeAfter($0, bench) }.first
      if let comparison { sections.append(comparison.section) }
    }
    let checks = ChecksByKernel(documents)
    if !checks.isEmpty { sections.append(checks.section) }
    sections += documents.compactMap { CoherenceMatrix($0)?.section }
    sections += documents.compactMap { CacheReplay($0)?.section }
    let rest = [Page.fuzz(documents), Page.limits(documents)]
    sections += rest.compactMap(\.self)
    self.init(
      title: documents.count == 1 ? "memreg report: \(documents[0].name)" : "memreg report",
      lead: [Page.summary(of: documents)],
      sections: sections + [Page.sources(documents)]
    )
  }

  private static func summary(of documents: [ReportDocument]) -> String {
    let kernels = Set(documents.compactMap(\.kernel)).sorted()
    let hosts = Set(documents.compactMap(\.host)).sorted()
    var parts = ["\(documents.count) document\(documents.count == 1 ? "" : "s")"]
    if !hosts.isEmpty {
      parts.append(
        hosts.count > 4 ? "\(hosts.count) hosts" : "host \(hosts.joined(separator: ", "))"
      )
    }
    if !kernels.isEmpty { parts.append("kernel \(kernels.joined(separator: ", "))") }
    let emulated = documents.contains(where: \.isEmulated)
    return parts.joined(separator: "; ") + "."
      + (emulated ? " Some were made under emulation: ratios hold, times do not." : "")
  }

  private static func sources(_ documents: [ReportDocument]) -> Section {
    Section(
      title: "Documents",
      blocks: [
        .table(
          Table(
            "What this page was made of",
            [
              .text("file"), .text("schema"), .text("host"), .text("kernel"), .text("device"),
              .text("driver"),
            ],
            documents.map {
              [
                $0.file, $0.kind.rawValue, $0.host ?? "-", $0.kernel ?? "-", $0.device ?? "-",
                $0.driver ?? "-",
              ]
            }
          )
        )
      ]
    )
  }

  private static func fuzz(_ documents: [ReportDocument]) -> Section? {
    let documents = documents.compactMap { document in document.fuzz.map { (document, $0) } }
    guard !documents.isEmpty else { return nil }
    var blocks: [Block] = [
      .table(
        Table(
          "Runs",
          [
            .text("document"), .text("kernel"), .text("device"), .number("seed"),
            .number("threads"),
            .number("operations"), .number("divergences"), .number("time"), .text("registrations"),
          ],
          documents.map { document, report in
            let answers = report.answers.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return [
              document.name, document.kernel ?? "-", document.device ?? "-", report.$seed.cell,
              report.$threads.cell, report.$operations.cell, report.$divergences.cell,
              report.$elapsedNs.duration,
              answers.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            ]
          }
        )
      )
    ]
    for (document, report) in documents {
      for found in report.found {
        blocks.append(
          .code(
            title:
              "\(document.name), seed \(found.$seed.cell), \(found.script.count) of "
              + "\(found.$originalSteps.cell) steps: \(found.$difference.cell)",
            lines: found.script
          )
        )
      }
    }
    return Section(title: "Fuzzing", blocks: blocks)
  }

  private static func limits(_ documents: [ReportDocument]) -> Section? {
    let documents = documents.compactMap { document in document.limits.map { (document, $0) } }
    guard !documents.isEmpty else { return nil }
    return Section(
      title: "Limits",
      blocks: [
        .table(
          Table(
            "What may be pinned, and who set the limit",
            [
              .text("document"), .text("host"), .text("process"), .number("soft"), .number("hard"),
              .text("binds"), .number("pinned"), .number("headroom"), .text("origin"),
              .text("remedy"),
            ],
            documents.map { document, report in
              [
                document.name, document.host ?? "-",
                "\(report.$process.cell) (\(report.$pid.cell)), user \(report.user.cell)",
                report.memlock.softBytes.size(absent: "unlimited"),
                report.memlock.hardBytes.size(absent: "unlimited"),
                report.$limitBinds.cell, report.$pinnedBytes.size(), report.headroomBytes.size(),
                report.origin.$summary.cell, report.origin.$remedy.cell,
              ]
            }
          )
        )
      ]
    )
  }
}
