public import Fixtures
import Glibc
import HostMemory
public import LinuxSystem

/// Runs checks, each in a process of its own, one after the other or as many at a time as is allowed.
public struct CheckRunner: Sendable {
  /// What all checks of a run have in common.
  public struct Setup: Sendable {
    /// The RDMA device.
    public let device: String
    /// The seed of what checks choose at random.
    public let seed: UInt64
    /// How the observations are broken on purpose, for a test of the checks themselves.
    public let sabotage: Sabotage?
    /// Whether checks that change the system are skipped.
    public let isSafe: Bool

    /// States what all checks have in common.
    public init(device: String, seed: UInt64, sabotage: Sabotage? = nil, isSafe: Bool = false) {
      self.device = device
      self.seed = seed
      self.sabotage = sabotage
      self.isSafe = isSafe
    }

    /// The same with observations that are broken.
    public func sabotaged(by sabotage: Sabotage?) -> Setup {
      Setup(device: device, seed: seed, sabotage: sabotage, isSafe: isSafe)
    }
  }

  private let setup: Setup
  /// How many checks may run at a time; those that observe the system always run alone.
  private let jobs: Int
  /// Whether to stop at the first failure.
  private let failFast: Bool

  /// Prepares a run; the calling process must have one thread only, for its forks.
  public init(_ setup: Setup, jobs: Int = 1, failFast: Bool = false) {
    self.setup = setup
    self.jobs = jobs
    self.failFast = failFast
  }

  /// Runs `checks` and passes each result on as it comes; stops early when `isInterrupted` says so.
  ///
  /// Throws what starting a process throws. Results come in the order of completion.
  public func run(
    _ checks: [Check],
    isInterrupted: () -> Bool = { false },
    each: (CheckResult) -> Void
  ) throws(SystemError) {
    // A check that was killed has undone nothing.
    defer { _ = StagingRecord.recover() }
    let together = jobs > 1 ? checks.filter { $0.scope == .process } : []
    let alone = jobs > 1 ? checks.filter { $0.scope == .system } : checks
    // Only root may fold the counters.
    let system = try? OutstandingPins()
    guard try runBatch(together, alone: false, isInterrupted, each) else { return }
    for check in alone {
      let before = try system?.pages ?? 0
      var pending: CheckResult?
      let goesOn = try runBatch([check], alone: true, isInterrupted) { pending = $0 }
      guard var result = pending else { return }
      let after = try system?.pages ?? 0
      if after != before, case .passed = result.verdict {
        let mismatch = Mismatch(
          "pins left in the system by the check's process",
          expected: "0",
          observed: "\(after - before)"
        )
        result = CheckResult(check.name, .failed(mismatch), comparisons: result.comparisons)
      }
      each(result)
      if failFast, case .failed = result.verdict { return }
      guard goesOn else { return }
    }
  }

  private func runBatch(
    _ checks: [Check],
    alone: Bool,
    _ isInterrupted: () -> Bool,
    _ each: (CheckResult) -> Void
  ) throws(SystemError) -> Bool {
    var waiting = checks[...]
    var running: [CheckExecution] = []
    while !waiting.isEmpty || !running.isEmpty {
      if isInterrupted() { return false }
      while running.count < (alone ? 1 : jobs), let check = waiting.popFirst() {
        running.append(try CheckExecution(check, setup: setup, alone: alone))
      }
      CheckExecution.await(running, milliseconds: 200)
      // What a check says of a device that is being removed is no verdict.
      if isInterrupted() { return false }
      for (index, execution) in running.enumerated().reversed() {
        guard let result = try execution.advance() else { continue }
        running.remove(at: index)
        _ = StagingRecord.recover()
        each(result)
        if failFast, case .failed = result.verdict { return false }
      }
    }
    return true
  }
}
