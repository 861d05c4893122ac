package import Tracing

/// What has been traced of one case: calls as the kernel divides their time, and what they take for the caller meanwhile.
package struct StageSamples: Sendable {
  /// The parts of a call in nanoseconds, in the order of `Part`.
  package typealias Parts = [UInt64]

  package private(set) var register: [Parts] = []
  package private(set) var deregister: [Parts] = []
  /// What the caller waits while it is traced.
  package var samples = BenchSamples()
  /// Calls without a record: at most so many.
  package var lost: UInt64 = 0

  package init() {}

  /// Adds a call that succeeded; one of another kind is not the benchmark's.
  package mutating func add(_ record: TraceRecord) {
    guard record.errno == nil else { return }
    let parts = Part.allCases.map { record[$0] }
    switch record.kind {
    case .register: register.append(parts)
    case .deregister: deregister.append(parts)
    case .reregister, .fault, .charge: break
    }
  }

  /// The typical parts of `calls`: the means of those calls whose time lies between the quartiles of all.
  ///
  /// Unlike medians of the parts they add up to a typical call, and unlike means of all calls they do not follow a few
  /// that the machine held up.
  package static func typical(_ calls: [Parts]) -> Parts {
    let sorted = calls.map { (time: $0.reduce(0, +), parts: $0) }.sorted { $0.time < $1.time }
    let quarter = sorted.count / 4
    let middle = sorted[quarter..<(sorted.count - quarter)]
    guard !middle.isEmpty else { return [] }
    return Part.allCases.indices.map { part in
      let sum = middle.reduce(0) { $0 + $1.parts[part] }
      return (sum + UInt64(middle.count) / 2) / UInt64(middle.count)
    }
  }
}
