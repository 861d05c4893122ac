import Documents

/// What a `memreg bench` document says of one series: cases that differ in size alone.
struct CostSeries: Sendable {
  /// The times of one kind of operation at one size, in nanoseconds.
  struct Point: Sendable {
    let bytes: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let samples: [UInt64]
  }

  /// A fitted cost: nanoseconds for any registration, and for each page of it.
  struct Model: Sendable {
    let base: Double
    let perPage: Double
    let rSquared: Double

    func cost(of bytes: Double, pageBytes: Double) -> Double {
      base + perPage * (bytes / pageBytes).rounded(.up)
    }

    /// "17.2 µs + 235 ns/page".
    var text: String {
      let slope = FixedPoint.text(perPage, decimals: perPage < 10 ? 2 : perPage < 100 ? 1 : 0)
      return "\(DurationText.text(nanoseconds: base)) + \(slope) ns/page"
    }
  }

  /// One kind of operation: register, deregister, pair or copy.
  struct Curve: Sendable {
    let phase: String
    /// In ascending order of size.
    let points: [Point]
    let model: Model?
  }

  let name: String
  /// The cases as the document has them, in ascending order of size.
  let cases: [BenchReport.Case]
  let curves: [Curve]

  func curve(_ phase: String) -> Curve? { curves.first { $0.phase == phase } }

  /// The curves of single operations, as figures show them; `pair` is their sum in a tight loop.
  var singles: [Curve] { curves.filter { $0.phase != "pair" } }

  /// What making memory usable and giving it back costs: in a tight loop, by the sum of medians, or by copying.
  let wholeCost: [(bytes: Double, nanoseconds: Double)]

  private static func wholeCost(_ curves: [Curve]) -> [(bytes: Double, nanoseconds: Double)] {
    func points(_ phase: String) -> [Point]? { curves.first { $0.phase == phase }?.points }
    if let points = points("pair") ?? points("copy") { return points.map { ($0.bytes, $0.p50) } }
    guard let register = points("register"), let deregister = points("deregister") else {
      return []
    }
    let other = Dictionary(
      deregister.map { ($0.bytes, $0.p50) },
      uniquingKeysWith: { first, _ in first }
    )
    return register.compactMap { point in other[point.bytes].map { (point.bytes, point.p50 + $0) } }
  }

  /// The series of a document in the order in which they first appear.
  static func all(of report: BenchReport) -> [CostSeries] {
    let models = Dictionary(
      report.models.map { ([$0.seriesName, $0.phase.rawValue], $0) },
      uniquingKeysWith: { first, _ in first }
    )
    return report.series.map { name, cases in
      let cases = cases.sorted { $0.sizeBytes < $1.sizeBytes }
      let curves = BenchReport.Phase.Name.allCases.compactMap { phase in
        curve(phase, of: cases, models[[name, phase.rawValue]])
      }
      return CostSeries(
        name: name,
        cases: cases,
        curves: curves,
        wholeCost: wholeCost(curves)
      )
    }
  }

  /// Names for figures: that pages are populated goes without saying where they all are.
  static func shortened(_ names: [String]) -> [String] {
    let usual = ", populated"
    guard names.allSatisfy({ $0.contains(usual) }) else { return names }
    return names.map {
      $0.split(separator: usual, maxSplits: 1, omittingEmptySubsequences: false).joined()
    }
  }

  private static func curve(
    _ phase: BenchReport.Phase.Name,
    of cases: [BenchReport.Case],
    _ model: BenchReport.Model?
  ) -> Curve? {
    let points = cases.compactMap { benchCase -> Point? in
      guard benchCase.sizeBytes > 0, let source = benchCase.phase(phase), source.p50Ns > 0
      else { return nil }
      let p90 = max(source.p50Ns, source.p90Ns)
      return Point(
        bytes: Double(benchCase.sizeBytes),
        p50: Double(source.p50Ns),
        p90: Double(p90),
        p99: Double(max(p90, source.p99Ns)),
        samples: source.samplesNs
      )
    }
    guard !points.isEmpty else { return nil }
    return Curve(phase: phase.rawValue, points: points, model: model.flatMap(Model.init))
  }
}

extension CostSeries.Model {
  fileprivate init?(_ model: BenchReport.Model) {
    guard let base = model.$baseNs, let perPage = model.$perPagePs else { return nil }
    self.init(
      base: Double(base),
      perPage: Double(perPage) / 1000,
      rSquared: model.rSquaredPpm.value
    )
  }
}
