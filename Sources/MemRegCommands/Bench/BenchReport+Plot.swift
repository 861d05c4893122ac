import Documents
import Report

extension BenchReport {
  /// The medians against size in characters.
  func plot(width: Int) -> String {
    TerminalPlot(self, width: width, isUnicode: Terminal.isUnicode).text
  }
}
