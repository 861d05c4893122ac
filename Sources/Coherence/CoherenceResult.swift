/// What one cell came to: the verdict and the evidence for it.
public struct CoherenceResult: Equatable, Sendable {
  /// The cell, as it was asked for.
  public let cell: CoherenceCell
  /// The verdict.
  public var verdict: CoherenceVerdict
  /// What happened when the operation was done: "done", or the errno of the kernel that refused it.
  public var outcome = ""
  /// What the region allows, where it was registered.
  public var access = ""
  /// Why the cell was skipped or does not exist.
  public var reason = ""
  /// What RDMA READ showed: `coherent`, `stale` or a completion status.
  public var read = ""
  /// What RDMA WRITE reached: `coherent`, `diverged` or a completion status; empty for a region that is only read.
  public var write = ""
  /// The bytes and page frames that were seen, one observation a line.
  public var evidence: [String] = []

  package init(_ cell: CoherenceCell, _ verdict: CoherenceVerdict) {
    self.cell = cell
    self.verdict = verdict
  }

  package init(_ cell: CoherenceCell, skipped reason: String) {
    self.init(cell, .skipped)
    self.reason = reason
  }
}

extension CoherenceResult {
  private static let mark = "memreg-cell"

  /// The lines by which the process of a cell tells what it saw.
  public var wire: String {
    let fields = [
      ("verdict", verdict.word), ("status", verdict.status ?? ""), ("outcome", outcome),
      ("access", access), ("reason", reason), ("read", read), ("write", write),
    ]
    let lines = fields + evidence.map { ("evidence", $0) } + [("end", cell.name)]
    return lines.map { "\(CoherenceResult.mark)\t\($0)\t\($1)\n" }.joined()
  }

  /// Finds the result among the output of a cell's process; `nil` where it ended early.
  package init?(_ cell: CoherenceCell, wire output: String) {
    var fields: [String: String] = [:]
    var evidence: [String] = []
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == CoherenceResult.mark else { continue }
      if parts[1] == "evidence" {
        evidence.append(String(parts[2]))
      } else {
        fields[String(parts[1])] = String(parts[2])
      }
    }
    guard fields["end"] == cell.name, let word = fields["verdict"],
      let verdict = CoherenceVerdict(word: word, status: fields["status"])
    else { return nil }
    self.init(cell, verdict)
    outcome = fields["outcome"] ?? ""
    access = fields["access"] ?? ""
    reason = fields["reason"] ?? ""
    read = fields["read"] ?? ""
    write = fields["write"] ?? ""
    self.evidence = evidence
  }
}
