import Documents
import Report

extension BenchReport {
  /// The medians against size in characters, as `memreg report` would read them.
  func plot(width: Int) throws -> String {
    let document = try ReportDocument(
      parsing: Array(try JSONDocument.line(self).utf8),
      of: "the result"
    )
    return TerminalPlot(document, width: width, isUnicode: Terminal.isUnicode).text
  }
}
