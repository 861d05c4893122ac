import Glibc

/// Where a trace goes: standard output or a file.
final class TraceOutput {
  private let path: String?
  private let descriptor: Int32?

  /// Puts a new file in the place of `path`, if there is one.
  init(_ path: String?) throws(CommandFailure) {
    self.path = path
    descriptor = if let path { try AtomicFile.open(path) } else { nil }
  }

  deinit { if let descriptor { close(descriptor) } }

  /// Writes `text` whole, with colour on a terminal alone.
  func write(_ text: StyledText) throws(CommandFailure) {
    guard let descriptor, let path else { return StandardOutput.write(text) }
    if let code = FileDescriptorWriter.write(Array(text.plain.utf8), to: descriptor) {
      throw CommandFailure(lostOutput: path, code: code)
    }
  }
}
