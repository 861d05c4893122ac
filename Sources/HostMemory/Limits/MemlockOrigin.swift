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
  /// One sentence that names it.
  public let summary: String
  /// What to do to raise the limit there.
  public let remedy: String
  /// The process whose limit all between it and the one asked about have inherited.
  public let setter: ProcessAncestor?
  /// Facts that the verdict rests on.
  public let evidence: [String]

  /// Reads the ancestors of `pid` and the files that configure limits.
  public init(ofProcess pid: Int32) throws(SystemError) {
    self.init(
      chain: try ProcessAncestor.chain(from: pid),
      surroundings: LimitSurroundings(ofProcess: pid)
    )
  }

  /// Judges by what was read.
  public init(chain: [ProcessAncestor], surroundings: LimitSurroundings) {
    let judge = MemlockOriginJudge(chain: chain, surroundings: surroundings)
    self = judge.verdict()
  }

  init(
    _ kind: Kind,
    _ summary: String,
    remedy: String,
    setter: ProcessAncestor?,
    evidence: [String]
  ) {
    self.kind = kind
    self.summary = summary
    self.remedy = remedy
    self.setter = setter
    self.evidence = evidence
  }
}
