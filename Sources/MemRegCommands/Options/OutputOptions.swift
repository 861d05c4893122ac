import ArgumentParser
import Documents

/// Whether a command prints text for people or its JSON document.
struct OutputOptions: ParsableArguments {
  @Flag(name: [.customShort("j"), .long], help: "Print one JSON document.")
  var json = false

  /// Writes `document` to standard output, or its `text`.
  func write(_ document: some Encodable, text: @autoclosure () -> String) throws {
    StandardOutput.write(json ? try JSONDocument.text(document) : text())
  }
}
