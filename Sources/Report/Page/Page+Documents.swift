extension Page {
  /// The report on `documents`: benchmarks and their comparison, then checks, coherence, caches, fuzzing and limits.
  public init(of documents: [ReportDocument]) {
    func own(_ kind: ReportDocument.Kind) -> [ReportDocument] {
      documents.filter { $0.kind == kind }
    }
    let benches = own(.bench).map(BenchDocument.init)
    var sections = benches.map(\.section)
    // Each with the first before it that has a case in common.
    for (index, bench) in benches.enumerated() {
      let comparison = benches[..<index].lazy.compactMap { BeforeAfter($0, bench) }.first
      if let comparison { sections.append(comparison.section) }
    }
    let checks = own(.check)
    if !checks.isEmpty { sections.append(ChecksByKernel(checks).section) }
    sections += own(.coherence).map { CoherenceMatrix($0).section }
    sections += own(.cache).map { CacheReplay($0).section }
    let rest = [Page.fuzz(own(.fuzz)), Page.limits(own(.limits))]
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
          documents.map { document in
            let root = document.root
            let answers = root["answers"].members
              .sorted { ($0.value.count ?? 0) > ($1.value.count ?? 0) }
            return [
              document.name, document.kernel ?? "-", document.device ?? "-", root["seed"].cell,
              root["threads"].cell, root["operations"].cell, root["divergences"].cell,
              root["elapsed_ns"].duration,
              answers.map { "\($0.value.cell) \($0.key)" }.joined(separator: ", "),
            ]
          }
        )
      )
    ]
    for document in documents {
      for found in document.root["found"].items {
        blocks.append(
          .code(
            title:
              "\(document.name), seed \(found["seed"].cell), \(found["script"].items.count) of "
              + "\(found["original_steps"].cell) steps: \(found["difference"].cell)",
            lines: found["script"].items.compactMap(\.text)
          )
        )
      }
    }
    return Section(title: "Fuzzing", blocks: blocks)
  }

  private static func limits(_ documents: [ReportDocument]) -> Section? {
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
            documents.map { document in
              let root = document.root
              return [
                document.name, document.host ?? "-",
                "\(root["process"].cell) (\(root["pid"].cell)), user \(root["user"].cell)",
                root["memlock"]["soft_bytes"].size(absent: "unlimited"),
                root["memlock"]["hard_bytes"].size(absent: "unlimited"),
                root["limit_binds"].cell, root["pinned_bytes"].size(),
                root["headroom_bytes"].size(),
                root["origin"]["summary"].cell, root["origin"]["remedy"].cell,
              ]
            }
          )
        )
      ]
    )
  }
}
