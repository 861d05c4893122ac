import ArgumentParser
import Documents

/// Whether a command prints text for people or its JSON document.
struct OutputOptions: ParsableArguments {
  @Flag(name: [.customShort("j"), .long], help: "Print one JSON document.")
  var json = false

  /// Writes `document` to standard output, or its `text`.
  func write(_ document: some Encodable, text: @autoclosure () -> StyledText) throws {
    if json {
      StandardOutput.write(try JSONDocument.text(document))
    } else {
      StandardOutput.write(text())
    }
  }

  /// The same for text without emphasis.
  func write(_ document: some Encodable, text: @autoclosure () -> String) throws {
    try write(document, text: StyledText(text()))
  }
}
