import ArgumentParser
import Glibc
import LinuxSystem
import Synchronization

/// Standard output, written whole; a failure is kept, as stdio keeps it, and ends the command with a status of its own.
enum StandardOutput {
  private static let failure = Atomic<Int32>(0)

  /// Writes the lines of `text`, unless an earlier write has failed.
  static func write(_ text: String) { draw(text.printableLines) }

  /// Writes the lines of `text`, with colour where the terminal has it.
  static func write(_ text: StyledText) {
    draw(text.rendered(inColour: Terminal.hasColour(STDOUT_FILENO)))
  }

  /// Writes `text` with what steers the terminal.
  static func draw(_ text: String) {
    guard !hasFailed else { return }
    if let code = FileDescriptorWriter.write(Array(text.utf8), to: STDOUT_FILENO) {
      failure.store(code.rawValue, ordering: .relaxed)
      Interruption.request()
    }
  }

  /// Whether output was lost; what would follow has no reader.
  static var hasFailed: Bool { failure.load(ordering: .relaxed) != 0 }

  /// Closes standard output and reports what was lost: quietly if the reader of a pipe is gone.
  ///
  /// - Returns: `status`, or what stands for lost output. `close(2)` is where NFS and quotas report.
  static func finish(_ status: Int32) -> Int32 {
    let wasOpen = fcntl(STDOUT_FILENO, F_GETFD) >= 0
    if wasOpen && close(STDOUT_FILENO) != 0 {
      let code = Errno.current
      if !hasFailed { failure.store(code.rawValue, ordering: .relaxed) }
    }
    guard let code = Errno(status: failure.load(ordering: .relaxed)) else { return status }
    guard code != .EPIPE else { return ExitStatus.brokenPipe.rawValue }
    return CommandFailure(lostOutput: "standard output", code: code).report().rawValue
  }

  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Standard error: diagnostics and progress.
enum StandardError {
  /// Writes one line that begins with the program's name.
  static func message(_ text: String) { write("memreg: \(text.printable)\n") }

  /// Writes a failure, `details` below it, and on the last line the remedy.
  static func failure(_ text: String, _ details: [String], remedy: String?) {
    let lines: [StyledText] =
      ["\("memreg:", .bad) \(text)"] + details.map { "  \($0)" }
      + [remedy.map { "  \($0, .strong)" }].compactMap(\.self)
    write(lines.printableLines)
  }

  /// Writes the lines of `text`.
  static func write(_ text: String) { draw(text.printableLines) }

  /// Writes the lines of `text`, with colour where the terminal has it.
  static func write(_ text: StyledText) {
    draw(text.rendered(inColour: Terminal.hasColour(STDERR_FILENO)))
  }

  /// Writes `text` with what steers the terminal.
  static func draw(_ text: String) {
    // There is nowhere to report it.
    _ = FileDescriptorWriter.write(Array(text.utf8), to: STDERR_FILENO)
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// The descriptors 0 to 2 of a process that was started without some of them.
enum StandardStreams {
  /// Keeps files that are opened later from taking the place of a closed stream: reads and writes get EBADF as before,
  /// and what is written to `/dev/stdout`, which opens the file anew, gets ENOSPC.
  static func reserve() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      let isInput = descriptor == STDIN_FILENO
      _ = unsafe open(
        isInput ? "/dev/null" : "/dev/full",
        (isInput ? O_WRONLY : O_RDONLY) | O_CLOEXEC
      )
    }
  }
}

/// Whole writes to a descriptor.
enum FileDescriptorWriter {
  /// Writes `bytes` and returns the errno of `write(2)` if it fails.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Errno? {
    var written = 0
    while written < bytes.count {
      let (count, code) = unsafe bytes[written...]
        .withUnsafeBytes { part in
          unsafe (Glibc.write(descriptor, part.baseAddress, part.count), Errno.current)
        }
      if count < 0 && code == .EINTR { continue }
      guard count > 0 else { return count < 0 ? code : .EIO }
      written += count
    }
    return nil
  }
}
