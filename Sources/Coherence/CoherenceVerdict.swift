/// What a device saw and reached in one cell.
public enum CoherenceVerdict: Equatable, Sendable {
  /// The device reads what the CPU reads, and the CPU sees what the device writes.
  case coherent
  /// The device reads bytes that the CPU does not see.
  case stale
  /// The device also writes where the CPU does not look.
  case diverged
  /// A work request ended with this status.
  case error(String)
  /// The device read other bytes than the CPU wrote before the operation: nothing can be said about the operation.
  case failed
  /// The kernel refused to register the memory, with this errno.
  case refused(String)
  /// This kind of memory has no such operation.
  case notApplicable
  /// The cell could not be staged here.
  case skipped

  /// The word for reports.
  public var word: String {
    switch self {
    case .coherent: "coherent"
    case .stale: "stale"
    case .diverged: "diverged"
    case .error: "error"
    case .failed: "failed"
    case .refused: "refused"
    case .notApplicable: "not_applicable"
    case .skipped: "skipped"
    }
  }

  /// The completion status or errno that belongs to the word.
  public var status: String? {
    switch self {
    case .error(let status), .refused(let status): status
    default: nil
    }
  }

  /// Puts word and status together again.
  package init?(word: String, status: String?) {
    switch (word, status) {
    case ("coherent", _): self = .coherent
    case ("stale", _): self = .stale
    case ("diverged", _): self = .diverged
    case ("error", let status?): self = .error(status)
    case ("failed", _): self = .failed
    case ("refused", let status?): self = .refused(status)
    case ("not_applicable", _): self = .notApplicable
    case ("skipped", _): self = .skipped
    default: return nil
    }
  }
}

extension CoherenceVerdict: CustomStringConvertible {
  /// The word, and the status where there is one.
  public var description: String { status.map { "\(word) \($0)" } ?? word }
}
