import Benchmarking
import Documents
import HostMemory
import MemoryRegistration
import Report

extension BenchReport {
  /// The tables in Markdown.
  var markdown: String {
    var text = "# Memory registration\n\n"
    for line in environment.text.split(separator: "\n") {
      text += "- \(Markdown.paragraph(String(line)))\n"
    }
    text += "- access \(access)\n"
    for (name, cases) in series {
      text += "\n## \(Markdown.escaped(name))\n\n"
      text +=
        "| size | | min | p50 | p90 | p99 | p99.9 | max | ns/page | GiB/s | charged | expected |\n"
      text += "| ---: | :--- |" + String(repeating: " ---: |", count: 10) + "\n"
      for benchCase in cases {
        for phase in benchCase.phases { text += BenchReport.markdownRow(benchCase, phase) }
      }
      text += BenchStages.markdown(of: cases)
      let models = models.filter { $0.seriesName == name }
      if !models.isEmpty { text += "\n" }
      for model in models { text += "- model \(model.text)\n" }
    }
    return text
  }

  private static func markdownRow(_ benchCase: Case, _ phase: Phase) -> String {
    let times = [phase.minNs, phase.p50Ns, phase.p90Ns, phase.p99Ns]
      .map {
        DurationText.text(nanoseconds: Double($0))
      }
    let tail = phase.hasTail ? DurationText.text(nanoseconds: Double(phase.p999Ns)) : "-"
    let rate = phase.gibibytesPerSecond(threads: benchCase.threads)
    let cells =
      [ByteSize.text(benchCase.sizeBytes), phase.phase.rawValue]
      + times + [
        tail, DurationText.text(nanoseconds: Double(phase.maxNs)),
        FixedPoint.text(Double(phase.perPagePs) / 1000, decimals: 1),
        FixedPoint.text(rate, decimals: 2),
        benchCase.chargedPages.map(String.init) ?? "-",
        benchCase.expectedPages.map(String.init) ?? "-",
      ]
    return "| \(cells.joined(separator: " | ")) |\n"
  }

  /// One row for each case and phase, in nanoseconds, with a header.
  var csv: String {
    var text =
      "strategy,memory,pages,threads,resident,size_bytes,phase,samples,min_ns,p50_ns,p90_ns,p99_ns,"
      + "p999_ns,max_ns,mean_ns,per_page_ps,bytes_per_second,expected_pages,charged_pages,batch\n"
    for benchCase in cases {
      for phase in benchCase.phases {
        let fields: [String] = [
          benchCase.strategy.rawValue, BenchReport.csvField(benchCase.memory),
          benchCase.pages.rawValue, "\(benchCase.threads)", "\(benchCase.resident)",
          "\(benchCase.sizeBytes)", phase.phase.rawValue, "\(phase.samples)", "\(phase.minNs)",
          "\(phase.p50Ns)", "\(phase.p90Ns)", "\(phase.p99Ns)", "\(phase.p999Ns)",
          "\(phase.maxNs)", "\(phase.meanNs)", "\(phase.perPagePs)", "\(phase.bytesPerSecond)",
          benchCase.expectedPages.map(String.init) ?? "",
          benchCase.chargedPages.map(String.init) ?? "",
          "\(phase.phase == .pair ? benchCase.pairBatch : benchCase.batch)",
        ]
        text += fields.joined(separator: ",") + "\n"
      }
    }
    return text
  }

  /// A field in quotes where the path of a file needs them (RFC 4180).
  static func csvField(_ text: String) -> String {
    guard
      !text.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") })
    else { return text }
    return "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }
}
