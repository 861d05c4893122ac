import Glibc

/// Where a trace goes: standard output or a file.
final class TraceOutput {
  private let place: OutputPlace?
  private let descriptor: Int32?

  /// Puts a new file in `place`, if there is one.
  init(_ place: OutputPlace?) throws(CommandFailure) {
    self.place = place
    descriptor = if let place { try AtomicFile.open(place) } else { nil }
  }

  deinit { if let descriptor { close(descriptor) } }

  /// Writes `text` whole, with colour on a terminal alone.
  func write(_ text: StyledText) throws(CommandFailure) {
    guard let descriptor, let place else { return StandardOutput.write(text) }
    if let code = FileDescriptorWriter.write(Array(text.plain.utf8), to: descriptor) {
      throw CommandFailure(lostOutput: place.name, code: code)
    }
  }
}
