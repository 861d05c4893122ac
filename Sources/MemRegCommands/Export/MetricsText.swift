/// A page of metrics in the text format of OpenMetrics 1.0, which Prometheus and its node_exporter read.
struct MetricsText {
  /// The content type that a scraper is told.
  static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

  private var lines: [String] = []

  /// Adds a family; the name of one with a unit ends in it. A family without samples is left out.
  mutating func add(
    _ name: String,
    _ type: String = "gauge",
    unit: String? = nil,
    help: String,
    _ samples: [(labels: [(String, String)], value: String)]
  ) {
    guard !samples.isEmpty else { return }
    lines.append("# TYPE \(name) \(type)")
    if let unit { lines.append("# UNIT \(name) \(unit)") }
    lines.append("# HELP \(name) \(help)")
    let suffix = type == "counter" ? "_total" : ""
    for (labels, value) in samples {
      let text = labels.map { "\($0)=\"\(MetricsText.escaped($1))\"" }.joined(separator: ",")
      lines.append("\(name)\(suffix)\(text.isEmpty ? "" : "{\(text)}") \(value)")
    }
  }

  /// Adds a family of one sample without labels, or nothing where there is no value.
  mutating func add(_ name: String, unit: String? = nil, help: String, _ value: Int64?) {
    guard let value else { return }
    add(name, unit: unit, help: help, [([], String(value))])
  }

  /// The page with its end mark.
  var text: String { (lines + ["# EOF"]).joined(separator: "\n") + "\n" }

  /// Escapes a label's value by scalars: a process may join a combining mark to the quote in its name.
  static func escaped(_ value: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\", "\"": result += ["\\", scalar]
      case "\n": result += ["\\", "n"]
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
