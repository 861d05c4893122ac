import Documents

/// The files that a benchmark keeps up to date while it runs.
struct BenchExports {
  private let json: OutputPlace?
  private let markdown: OutputPlace?
  private let csv: OutputPlace?

  /// Looks at the places of the files that are named.
  init(json: String?, markdown: String?, csv: String?) throws(CommandFailure) {
    func place(_ path: String?, _ option: String) throws(CommandFailure) -> OutputPlace? {
      if let path { try OutputPlace(path, option: option) } else { nil }
    }
    self.json = try place(json.map(BenchExports.file), "--export-json")
    self.markdown = try place(markdown, "--export-markdown")
    self.csv = try place(csv, "--export-csv")
    try OutputPlace.checkDistinct([self.json, self.markdown, self.csv])
  }

  var isEmpty: Bool { json == nil && markdown == nil && csv == nil }

  /// Writes every file anew, each whole or not at all; to a stream, which keeps what it got, only once it is all.
  func write(_ report: BenchReport, isAll: Bool) throws {
    func write(_ text: @autoclosure () throws -> String, to place: OutputPlace?) throws {
      guard let place, isAll || !place.isStream else { return }
      try AtomicFile.write(try text(), to: place)
    }
    try write(JSONDocument.line(report), to: json)
    try write(report.markdown, to: markdown)
    try write(report.csv, to: csv)
  }
}
