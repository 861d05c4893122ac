import Benchmarking
import Documents
import FoundationEssentials
import HostMemory
import Measurement
import MemoryRegistration
import Testing

@testable import MemRegCommands

/// Reports made of invented samples, to test how they are summarised and shown.
private enum Invented {
  static func measurement(
    _ strategy: StrategyKind,
    _ length: UInt64,
    register: UInt64,
    deregister: UInt64 = 0,
    memory: MemoryKind = .anonymous
  ) -> BenchMeasurement {
    let benchCase = BenchCase(
      strategy: strategy,
      memory: memory,
      pages: .populated,
      threads: 1,
      resident: 0,
      length: length
    )
    var measurement = BenchMeasurement(benchCase)
    let samples = [UInt64](repeating: register, count: 40)
    if strategy == .copy {
      measurement.samples.copy = samples
    } else {
      measurement.samples.register = samples
      measurement.samples.deregister = [UInt64](repeating: deregister, count: 40)
    }
    measurement.expectedPages = strategy == .verbs ? benchCase.basePages : 0
    measurement.chargedPages = measurement.expectedPages
    return measurement
  }

  static func report(_ measurements: [BenchMeasurement], emulated: Bool = false) throws
    -> BenchReport
  {
    var environment = try BenchEnvironment(device: nil)
    environment.emulated = emulated
    var report = BenchReport(
      interrupted: false,
      environment: environment,
      access: "local-write",
      warmupSamples: 20,
      clockReadPs: 25_000,
      vmPinBeforeBytes: 0,
      vmPinAfterBytes: 0,
      cases: measurements.map { BenchReport.Case($0, clock: 25) },
      models: [],
      factors: [],
      crossovers: []
    )
    report.conclude()
    return report
  }

  /// 17 µs and 240 ns a page to register, 5 µs and 80 ns to deregister.
  static func verbs(_ scale: UInt64 = 1, memory: MemoryKind = .anonymous) -> [BenchMeasurement] {
    [1, 16, 256, 4096]
      .map { pages in
        measurement(
          .verbs,
          pages * 4096,
          register: 17_000 + 240 / scale * pages,
          deregister: 5_000 + 80 / scale * pages,
          memory: memory
        )
      }
  }

  static func copies() -> [BenchMeasurement] {
    [1, 16, 256, 4096].map { measurement(.copy, $0 * 4096, register: 120 * $0) }
  }
}

@Suite struct `A benchmark's report` {
  @Test func `fits base and page costs to the medians`() throws {
    let report = try Invented.report(Invented.verbs())
    let register = try #require(report.models.first { $0.phase == .register })
    #expect(register.baseNs == 17_000)
    #expect(register.perPagePs == 240_000)
    #expect(register.rSquaredPpm == 1_000_000)
    #expect(report.models.count == 2)
    #expect(register.text == "register 17.0 µs + 240 ns/page, R² 1.0000")
  }

  @Test func `relates huge pages to base pages`() throws {
    let report = try Invented.report(
      Invented.verbs() + Invented.verbs(4, memory: .transparentHuge)
    )
    #expect(report.factors.map(\.kind) == [.hugePages, .hugePages])
    #expect(report.factors.map(\.ratioPpm) == [250_000, 250_000])
    #expect(report.text.contains("costs 0.250 of one of verbs, anonymous, populated"))
  }

  @Test func `finds where registration is cheaper than copying, natively only`() throws {
    let cases = Invented.verbs() + Invented.copies()
    #expect(
      try Invented.report(cases).crossovers == [
        BenchReport.Crossing(series: "verbs, anonymous, populated", sizeBytes: nil)
      ]
    )
    let cheap = Invented.verbs(8) + Invented.copies()
    let report = try Invented.report(cheap)
    #expect(report.crossovers.first?.sizeBytes == 4096 * 4096)
    #expect(report.text.contains("registration is cheaper than copying at 16 MiB and above"))
    let emulated = try Invented.report(cheap, emulated: true)
    #expect(emulated.crossovers.isEmpty)
    #expect(!emulated.text.contains("registering beats"))
  }

  @Test func `shows charge beside expectation, and says when they differ`() throws {
    var measurement = Invented.measurement(.verbs, 8192, register: 20_000, deregister: 5_000)
    #expect(try Invented.report([measurement]).cases[0].warnings.isEmpty)
    measurement.chargedPages = 3
    let text = try Invented.report([measurement]).text
    #expect(
      text.contains("warning charge at 8 KiB: the kernel charged 3 pages where 2 were expected")
    )
  }

  @Test func `shows the clock's share`() throws {
    // Two readings of 25 ns in 25 µs are 0.2 %.
    let measurement = Invented.measurement(.verbs, 4096, register: 20_000, deregister: 5_000)
    #expect(try Invented.report([measurement]).cases[0].clockSharePpm == 2000)
  }

  @Test func `survives its own JSON, in snake_case with units`() throws {
    let report = try Invented.report(Invented.verbs() + Invented.copies())
    let text = try JSONDocument.line(report)
    for key in [
      "\"schema\":\"memreg.bench/1\"", "\"samples_ns\":[", "\"p999_ns\":", "\"per_page_ps\":",
      "\"size_bytes\":", "\"charged_pages\":", "\"r_squared_ppm\":",
    ] { #expect(text.contains(key), "\(key)") }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    #expect(try decoder.decode(BenchReport.self, from: Data(text.utf8)) == report)
  }

  @Test func `exports a row for each case and phase`() throws {
    let report = try Invented.report(Invented.verbs())
    let rows = report.csv.split(separator: "\n")
    #expect(rows.count == 1 + 4 * 2)
    #expect(rows[0].split(separator: ",").count == 20)
    #expect(rows[1].hasPrefix("verbs,anonymous,populated,1,0,4096,register,40,17240,17240,"))
    #expect(BenchReport.csvField("file:/a,\"b\"") == "\"file:/a,\"\"b\"\"\"")
    #expect(report.markdown.contains("| 64 KiB | register | 20.8 µs |"))
  }
}

@Suite struct `A benchmark's stages` {
  private var report: BenchReport {
    get throws {
      var measurement = Invented.measurement(.verbs, 65_536, register: 20_000, deregister: 5_000)
      var report = try Invented.report([measurement])
      #expect(report.cases[0].stages == nil)
      #expect(!(try JSONDocument.line(report)).contains("stages"))
      measurement.stages = StageSamples()
      measurement.stages?.samples.register = [25_000, 25_000, 25_000]
      report = try Invented.report([measurement])
      #expect(report.cases[0].stages == [])
      #expect(!report.text.contains("of untraced"))
      report.cases[0].stages = [
        BenchStages(
          phase: Word(.register),
          calls: 3,
          lostCalls: 2,
          tracedP50Ns: 25_000,
          tracedRatioPpm: 1_250_000,
          tracedRatioLowPpm: 1_200_000,
          tracedRatioHighPpm: 1_300_000,
          kernelNs: 24_000,
          partsNs: ["uverbs": 4_000, "driver": 3_000, "pin": 17_000]
        )
      ]
      return report
    }
  }

  @Test func `are a table below that of the times, with what tracing adds`() throws {
    let report = try report
    let lines = report.text.split(separator: "\n")
    let head = try #require(lines.firstIndex { $0.contains("of untraced") })
    #expect(
      lines[head].split(separator: " ").joined(separator: " ")
        == "size traced p50 uverbs driver map fault pin migrate release outside of untraced lost"
    )
    #expect(
      lines[head + 1].split(separator: " ").joined(separator: " ")
        == "64 KiB register 25.0 µs 4.00 µs 3.00 µs - - 17.0 µs - - 1.00 µs 1.250 (1.200 to 1.300) 2"
    )
    #expect(
      report.markdown.contains(
        "| 64 KiB | register | 25.0 µs | 4.00 µs | 3.00 µs | - | - | 17.0 µs | - | - | 1.00 µs | 1.250 (1.200 to 1.300) | 2 |"
      )
    )
  }

  @Test func `survive their own JSON`() throws {
    let report = try report
    let text = try JSONDocument.line(report)
    for key in ["kernel_ns", "lost_calls", "parts_ns", "traced_p50_ns", "traced_ratio_low_ppm"] {
      #expect(text.contains("\"\(key)\":"), "\(key)")
    }
    #expect(try JSONDocument.read(BenchReport.self, Array(text.utf8)) == report)
  }
}

@Suite struct `A comparison of benchmarks` {
  @Test func `of a result with itself has ratio 1 and no regression`() throws {
    let report = try Invented.report(Invented.verbs())
    let comparison = BenchComparison(report, to: report)
    #expect(comparison.rows.count == 8)
    #expect(comparison.rows.allSatisfy { $0.ratio.ratio == 1 })
    #expect(comparison.regressions(beyond: 0).isEmpty)
    #expect(comparison.differences.isEmpty)
  }

  @Test func `names the cases that are slower and those without a counterpart`() throws {
    let base = try Invented.report(Invented.verbs())
    var slower = try Invented.report(
      Invented.verbs() + [Invented.measurement(.verbs, 8192, register: 1, deregister: 1)]
    )
    slower.cases[0].phases[0].samplesNs = slower.cases[0].phases[0].samplesNs.map { $0 * 110 / 100 }
    let comparison = BenchComparison(slower, to: base)
    #expect(comparison.unmatched == 1)
    #expect(
      comparison.regressions(beyond: 5).map(\.benchCase) == ["verbs, anonymous, populated, 4 KiB"]
    )
    #expect(comparison.regressions(beyond: 15).isEmpty)
    #expect(comparison.text.contains("1.100"))
  }

  @Test func `says which parts of the environment differ`() throws {
    let base = try Invented.report(Invented.verbs())
    var other = base
    other.environment.kernel = "7.3.4"
    #expect(BenchComparison(other, to: base).differences.count == 1)
    #expect(BenchComparison(other, to: base).text.contains("the kernel differs"))
  }
}
