import Documents

/// The files that a benchmark keeps up to date while it runs.
struct BenchExports {
  var json: String?
  var markdown: String?
  var csv: String?

  var isEmpty: Bool { json == nil && markdown == nil && csv == nil }

  /// Writes every file anew, each whole or not at all.
  func write(_ report: BenchReport) throws {
    if let json { try AtomicFile.write(try JSONDocument.line(report), to: json) }
    if let markdown { try AtomicFile.write(report.markdown, to: markdown) }
    if let csv { try AtomicFile.write(report.csv, to: csv) }
  }
}
