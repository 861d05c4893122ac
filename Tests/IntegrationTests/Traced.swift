import Foundation
import Testing

/// A run of `memreg trace` that writes lines to a file.
struct Traced {
  let path: String
  /// What comes after the header.
  let events: [[String: Any]]
  let error: String

  /// Traces `command`, a line of shell.
  static func run(_ options: String..., of command: String) async throws -> Traced {
    let path = "/tmp/trace-\(UInt64.random(in: 0 ... .max)).jsonl"
    let words = options.joined(separator: " ")
    let result = try await Memreg.shell(
      "\(Memreg.path) trace \(words) -o \(path) -- \(command) > \(path).out"
    )
    #expect(result.status == 0, "\(result.error)")
    return Traced(path: path, events: try events(in: path), error: result.error)
  }

  /// The events of a trace after its header.
  static func events(in path: String) throws -> [[String: Any]] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let all = try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(all.first?["schema"] as? String == "memreg.trace/1")
    return Array(all.dropFirst())
  }

  /// The first call in which each thread differs.
  static func differences(_ ours: [Int: [String]], _ theirs: [Int: [String]]) -> [String] {
    Set(ours.keys).union(theirs.keys).sorted()
      .compactMap { thread in
        let (one, other) = (ours[thread] ?? [], theirs[thread] ?? [])
        guard one != other else { return nil }
        let index = zip(one, other).prefix { $0 == $1 }.count
        let pair = [one, other].map { index < $0.count ? $0[index] : "nothing" }
        return "thread \(thread), call \(index): \(pair[0]) traced, \(pair[1]) recorded"
      }
  }

  /// For each thread what it called in turn, with addresses, lengths and results.
  static func calls(_ events: [[String: Any]]) -> [Int: [String]] {
    // A driver's library can refuse what it knows nothing of without asking the kernel, as rxe's does.
    let calls = events.filter { event in
      ["register", "reregister", "deregister"].contains(event["event"] as? String)
        && event["errno"] as? Int != 95
    }
    return Dictionary(grouping: calls) { $0["thread"] as? Int ?? 0 }
      .mapValues { events in
        events.sorted { $0["time_ns"] as? Int ?? 0 < $1["time_ns"] as? Int ?? 0 }
          .map { event in
            ["event", "pid", "address", "length_bytes", "errno", "changes"]
              .map { "\($0) \(event[$0] ?? "-")" }.joined(separator: ", ")
          }
      }
  }
}
