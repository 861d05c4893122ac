import Tracing

extension BenchCaseRun {
  private static let mostTracedCalls = 10_000

  /// How many samples block `index` of `count` traces.
  func tracedSamples(block index: Int, of count: Int) -> Int {
    part(index, of: count, plannedTraced)
  }

  /// Measures block `index` of `count` while `session` traces it.
  func trace(block index: Int, of count: Int, by session: borrowing TraceSession) {
    guard !hasFailed else { return }
    // What others have left there.
    session.takeRecords { _ in }
    let before = session.losses
    let samples = min(tracedSamples(block: index, of: count), mostTracedSamples)
    do {
      try run(.samples(samples, pairSamples: 0), isTraced: true)
    } catch {
      result.failure = explain(error)
    }
    session.takeRecords { result.stages?.add($0) }
    let losses = session.losses
    result.stages?.lost += losses.calls - before.calls + losses.missedCalls - before.missedCalls
    collect()
  }

  /// As many as leave no more records than wait in the kernel, for which there is room twice.
  private var mostTracedSamples: Int {
    max(1, Self.mostTracedCalls / (2 * result.batch * workers.count))
  }
}
