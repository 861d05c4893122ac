import LinuxSystem
import MemoryRegistration
import Synchronization

/// One thread of one case, with the samples it has taken; a thread per case keeps the kernel's accounts of it apart.
final class BenchWorker: Sendable {
  /// How much one block measures: numbers of samples, or nanoseconds for each kind of sample.
  enum Extent: Sendable {
    case samples(Int, pairSamples: Int)
    case nanoseconds(UInt64, pairNanoseconds: UInt64)
  }

  private struct State: ~Copyable {
    var slots = RegistrationSlots(capacity: 1)
    var samples = BenchSamples()
    var traced = BenchSamples()
    var usage = ThreadUsage()
    var failure: (any Error)?
  }

  private let thread: WorkerThread
  private let state = Mutex(State())

  init() throws(SystemError) { thread = try WorkerThread() }

  var samples: BenchSamples { state.withLock { $0.samples } }
  /// The samples of blocks that were traced.
  var traced: BenchSamples { state.withLock { $0.traced } }
  var usage: ThreadUsage { state.withLock { $0.usage } }
  var failure: (any Error)? { state.withLock { $0.failure } }

  /// Makes room for a batch and touches the memory of `samples`, so that measuring neither allocates nor faults.
  func reserve(batch: Int, samples: Int, pairSamples: Int, traced: Int = 0) {
    state.withLock { state in
      state.slots = RegistrationSlots(capacity: batch)
      state.samples = BenchSamples()
      state.usage = ThreadUsage()
      for path in [\BenchSamples.register, \BenchSamples.deregister, \BenchSamples.copy] {
        state.samples[keyPath: path] = [UInt64](repeating: 0, count: samples)
        state.samples[keyPath: path].removeAll(keepingCapacity: true)
      }
      state.samples.pair = [UInt64](repeating: 0, count: pairSamples)
      state.samples.pair.removeAll(keepingCapacity: true)
      state.traced = BenchSamples()
      state.traced.register.reserveCapacity(traced)
      state.traced.deregister.reserveCapacity(traced)
    }
  }

  /// Starts a block on the worker's thread; all that share `barrier` begin together. `finish()` waits for its end.
  ///
  /// The samples of a block that is traced are kept apart, and its usage is not counted.
  func begin(
    _ task: BenchTask,
    _ extent: Extent,
    isTraced: Bool = false,
    after barrier: StartBarrier
  ) {
    thread.begin {
      barrier.wait()
      self.state.withLock { state in
        guard isTraced else { return BenchWorker.run(task, extent, &state) }
        let usage = state.usage
        swap(&state.samples, &state.traced)
        BenchWorker.run(task, extent, &state)
        swap(&state.samples, &state.traced)
        state.usage = usage
      }
    }
  }

  func finish() { thread.finish() }

  private static func run(_ task: BenchTask, _ extent: Extent, _ state: inout State) {
    guard state.failure == nil else { return }
    do {
      let before = try ThreadUsage.current()
      try measure(task, extent, &state)
      state.usage = try state.usage + (ThreadUsage.current() - before)
    } catch {
      state.failure = error
    }
  }

  private static func measure(_ task: BenchTask, _ extent: Extent, _ state: inout State) throws {
    switch task.work {
    case .registering(let strategy, let model):
      let batch = task.registrations(model)
      let count = UInt64(batch.count)
      try repeating(extent.single) {
        try task.memory.prepare()
        let times = try strategy.sample(batch, in: &state.slots)
        state.samples.register.append((times.register + count / 2) / count)
        state.samples.deregister.append((times.deregister + count / 2) / count)
      }
      let pairs = UInt64(task.pairs)
      try repeating(extent.pairs) {
        let time = try strategy.samplePairs(batch, count: task.pairs)
        state.samples.pair.append((time + pairs / 2) / pairs)
      }
    case .copying(let staging):
      let count = UInt64(task.batch)
      try repeating(extent.single) {
        try task.memory.prepare()
        let time = staging.copy.sample(task.memory.buffer, length: task.length, count: task.batch)
        state.samples.copy.append((time + count / 2) / count)
      }
    }
  }

  fileprivate enum Limit {
    case samples(Int)
    case nanoseconds(UInt64)
  }

  private static func repeating(_ limit: Limit, _ sample: () throws -> Void) throws {
    switch limit {
    case .samples(let count):
      var left = count
      while left > 0, !Interruption.isRequested {
        try sample()
        left -= 1
      }
    case .nanoseconds(let time):
      let start = MonotonicClock.now
      while !Interruption.isRequested, MonotonicClock.now &- start < time { try sample() }
    }
  }
}

extension BenchWorker.Extent {
  fileprivate var single: BenchWorker.Limit {
    switch self {
    case .samples(let count, _): .samples(count)
    case .nanoseconds(let time, _): .nanoseconds(time)
    }
  }

  fileprivate var pairs: BenchWorker.Limit {
    switch self {
    case .samples(_, let count): .samples(count)
    case .nanoseconds(_, let time): .nanoseconds(time)
    }
  }
}
