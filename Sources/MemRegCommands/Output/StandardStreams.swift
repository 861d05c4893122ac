import Glibc

/// Standard output, written whole.
enum StandardOutput {
  static func write(_ text: String) { FileDescriptorWriter.write(text, to: STDOUT_FILENO) }

  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Standard error: diagnostics and progress.
enum StandardError {
  static func write(_ text: String) { FileDescriptorWriter.write(text, to: STDERR_FILENO) }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

private enum FileDescriptorWriter {
  static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let (count, code) = unsafe bytes[written...]
        .withUnsafeBytes { part in
          unsafe (Glibc.write(descriptor, part.baseAddress, part.count), errno)
        }
      if count < 0 && code == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }
}
