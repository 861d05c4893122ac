import Documents

/// What a `memreg bench` document says of one series: cases that differ in size alone.
struct CostSeries: Sendable {
  /// The times of one kind of operation at one size, in nanoseconds.
  struct Point: Sendable {
    let bytes: Double
    let p50: Double
    let p90: Double
    let p99: Double
    /// The phase as the document has it.
    let source: JSONValue

    var samples: [UInt64] { source["samples_ns"].items.compactMap(\.count) }
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
  let strategy: String
  let memory: String
  /// The cases as the document has them, in ascending order of size.
  let cases: [JSONValue]
  let curves: [Curve]

  func curve(_ phase: String) -> Curve? { curves.first { $0.phase == phase } }

  /// The curves of single operations, as figures show them; `pair` is their sum in a tight loop.
  var singles: [Curve] { curves.filter { $0.phase != "pair" } }

  /// What making memory usable and giving it back costs: in a tight loop, by the sum of medians, or by copying.
  var wholeCost: [(bytes: Double, nanoseconds: Double)] {
    if let curve = curve("pair") ?? curve("copy") {
      return curve.points.map { ($0.bytes, $0.p50) }
    }
    guard let register = curve("register"), let deregister = curve("deregister") else { return [] }
    return register.points.compactMap { point in
      deregister.points.first { $0.bytes == point.bytes }.map { (point.bytes, point.p50 + $0.p50) }
    }
  }

  private static let phases = ["register", "deregister", "pair", "copy"]

  /// The series of a document in the order in which they first appear.
  static func all(of document: JSONValue) -> [CostSeries] {
    var order: [String] = []
    var cases: [String: [JSONValue]] = [:]
    for benchCase in document["cases"].items {
      let name = name(of: benchCase)
      if cases[name] == nil { order.append(name) }
      cases[name, default: []].append(benchCase)
    }
    let models = document["models"].items
    return order.map { name in
      let cases = (cases[name] ?? [])
        .sorted { ($0["size_bytes"].count ?? 0) < ($1["size_bytes"].count ?? 0) }
      return CostSeries(
        name: name,
        strategy: cases.first?["strategy"].text ?? "",
        memory: cases.first?["memory"].text ?? "",
        cases: cases,
        curves: phases.compactMap { phase in
          curve(
            phase,
            of: cases,
            models.first { self.name(of: $0) == name && $0["phase"].text == phase }
          )
        }
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

  private static func curve(_ phase: String, of cases: [JSONValue], _ model: JSONValue?) -> Curve? {
    let points = cases.compactMap { benchCase -> Point? in
      guard let bytes = benchCase["size_bytes"].double, bytes > 0,
        let source = benchCase["phases"].items.first(where: { $0["phase"].text == phase }),
        let p50 = source["p50_ns"].double, p50 > 0
      else { return nil }
      let p90 = max(p50, source["p90_ns"].double ?? p50)
      return Point(
        bytes: bytes,
        p50: p50,
        p90: p90,
        p99: max(p90, source["p99_ns"].double ?? p90),
        source: source
      )
    }
    guard !points.isEmpty else { return nil }
    return Curve(phase: phase, points: points, model: model.flatMap(Model.init))
  }

  private static func name(of value: JSONValue) -> String {
    SeriesName.text(
      strategy: value["strategy"].cell,
      memory: value["memory"].cell,
      pages: value["pages"].cell,
      threads: value["threads"].count ?? 1,
      resident: value["resident"].count ?? 0
    )
  }
}

extension CostSeries.Model {
  fileprivate init?(_ value: JSONValue) {
    guard let base = value["base_ns"].double, let perPage = value["per_page_ps"].double else {
      return nil
    }
    self.init(
      base: base,
      perPage: perPage / 1000,
      rSquared: (value["r_squared_ppm"].double ?? 0) / 1e6
    )
  }
}
