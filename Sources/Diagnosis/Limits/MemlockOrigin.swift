public import HostMemory
public import LinuxSystem

/// Where a process has its memlock limit from, and how to change it there.
public struct MemlockOrigin: Equatable, Sendable {
  /// The kinds of places that set the limit.
  public enum Kind: String, Sendable, CaseIterable {
    case slurm
    case container
    case login
    case systemdUnit = "systemd_unit"
    case process
    case kernelDefault = "kernel_default"
    case unknown
  }

  /// Which kind of place.
  public let kind: Kind
  /// Who set it, as it follows "set by: ".
  public let summary: String
  /// The command that raises the limit there for good, with a comment; or what to do if there is none.
  public let lastingRemedy: String
  /// The limit in question; `nil` where it cannot be read.
  public let limit: Memlock?
  /// The process whose limit all between it and the one asked about have inherited.
  public let setter: ProcessAncestor?
  /// Facts that the verdict rests on.
  public let evidence: [String]

  /// Reads the ancestors of `pid` and the files that configure limits.
  public init(ofProcess pid: Int32) throws(SystemError) {
    let chain = try ProcessAncestor.chain(from: pid)
    self.init(chain: chain, context: LimitContext(ofProcess: pid, below: chain))
  }

  /// What to do first: raising the soft limit to the hard one where that suffices, else what raises it for good.
  ///
  /// `needed` is the limit in bytes that would be enough; without it any raise is a remedy.
  public func remedy(needed: UInt64? = nil) -> String {
    guard let raise = limit?.raise, raise.bytes ?? .max >= needed ?? 0 else { return lastingRemedy }
    let hard = raise.bytes.map(SizeText.text) ?? "unlimited"
    return
      "\(raise.command)    # before the program starts; no root needed: the hard limit is \(hard); for good: "
      + lastingRemedy
  }

  /// Judges by what was read.
  public init(chain: [ProcessAncestor], context: LimitContext) {
    let judge = MemlockOriginJudge(chain: chain, context: context)
    self = judge.verdict()
  }

  init(
    _ kind: Kind,
    _ summary: String,
    lastingRemedy: String,
    limit: Memlock?,
    setter: ProcessAncestor?,
    evidence: [String]
  ) {
    self.kind = kind
    self.summary = summary
    self.lastingRemedy = lastingRemedy
    self.limit = limit
    self.setter = setter
    self.evidence = evidence
  }
}
