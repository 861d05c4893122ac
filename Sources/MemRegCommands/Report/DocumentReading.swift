import ArgumentParser
import LinuxSystem
import Report

/// Reads documents one at a time; one that cannot be used is told at once, and does not stop the others.
struct DocumentReading {
  private var status: ExitStatus?

  /// Gives the documents of `paths` to `body`, those of a directory in the order of their names.
  mutating func forEach(of paths: [String], _ body: (ReportDocument) -> Void) {
    for path in paths {
      guard Directory.isDirectory(path) else {
        read(path, body)
        continue
      }
      let files = Directory.files(in: path, suffix: ".json")
      if files.isEmpty {
        note(
          CommandFailure("cannot report \(path): no file in it ends in .json", status: .dataError)
        )
      }
      for file in files { read(file, body) }
    }
  }

  /// Throws where a document could not be used, with the status of the first one.
  func finish() throws {
    if let status { throw ExitCode(status.rawValue) }
  }

  private mutating func read(_ path: String, _ body: (ReportDocument) -> Void) {
    do {
      body(try ReportDocument(parsing: try InputFile.bytes(path), of: path))
    } catch {
      note(CommandFailure(wrapping: error))
    }
  }

  private mutating func note(_ failure: CommandFailure) {
    _ = failure.report()
    if status == nil { status = failure.status }
  }
}
