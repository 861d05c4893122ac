import Documents
import FoundationEssentials
import LinuxSystem

/// Traces as files of JSON lines.
enum TraceFile {
  /// A trace as it is written: the header, then a line for each event; whole or not at all.
  struct Writer: ~Copyable {
    private var file: AtomicFile

    /// Begins the trace of `command` with its header.
    init(_ command: String, to place: OutputPlace) throws {
      var file = try AtomicFile(place)
      try file.write(TraceFile.header(command: command))
      self.file = file
    }

    mutating func append(_ event: TraceEvent) throws { try file.write(JSONDocument.entry(event)) }

    mutating func commit() throws { try file.commit() }
  }

  /// The first line.
  static func header(command: String) throws -> String {
    var header = TraceEvent(.trace)
    header.schema = TraceEvent.schema
    header.command = command
    return try JSONDocument.line(header)
  }

  /// Gives the events after the header to `body`, line by line; fails with the number of the line that is wrong.
  static func forEach(in path: String, _ body: (TraceEvent) -> Void) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var file = try InputFile(path)
    var (index, events) = (0, 0)
    while let line = try file.line() {
      defer { index += 1 }
      guard !line.isEmpty else { continue }
      guard let event = try? decoder.decode(TraceEvent.self, from: Data(line)) else {
        throw problem(path, index, "no line of a registration trace")
      }
      if index == 0 {
        guard event.event == .trace, event.schema == TraceEvent.schema else {
          throw problem(path, index, "the first line does not name the schema \(TraceEvent.schema)")
        }
        continue
      }
      if let reason = event.defect { throw problem(path, index, reason) }
      events += 1
      guard events <= mostEvents else {
        throw problem(path, index, "more than \(mostEvents) events")
      }
      body(event)
    }
    guard events > 0 else { throw problem(path, 0, "nothing is recorded") }
  }

  /// What is replayed of an event stays in memory: 64 bytes at most, so 4 GiB.
  private static let mostEvents = 1 << 26

  private static func problem(_ path: String, _ index: Int, _ reason: String) -> CommandFailure {
    CommandFailure("cannot replay \(path), line \(index + 1): \(reason)", status: .dataError)
  }
}

extension TraceEvent {
  /// Why the event cannot be, or `nil`.
  fileprivate var defect: String? {
    switch event {
    case .trace: return "a second header"
    case .process, .deregister, .fault, .charge: return nil
    case .register, .reregister, .unmap:
      guard let address, let lengthBytes else { return "no address or no length_bytes" }
      guard address < 1 << 56, lengthBytes < 1 << 56 else { return "a range outside user space" }
      return nil
    }
  }
}
