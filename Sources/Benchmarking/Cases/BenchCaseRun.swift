import HostMemory
import LinuxSystem
import Measurement
import MemoryRegistration
import Verbs

/// One case while it is measured: its workers, what each repeats, and what one registration charges.
final class BenchCaseRun {
  var result: BenchMeasurement
  var workers: [BenchWorker] = []
  private var tasks: [BenchTask] = []
  private let plannedSamples: Int?
  let plannedTraced: Int
  let explain: (any Error) -> String

  /// Samples that choosing the batch takes at least.
  private static let fewestCalibrations = 5
  private static let largestBatch = 1024
  /// Pairs of which one sample of the tight loop consists at least, so that it meets the kernel's deferred work.
  private static let usualPairs = 16
  /// From here on a pair is long enough to stand alone.
  private static let longPair = 1_000_000.0

  /// The clock readings that a sample of the tight loop holds.
  private static let pairReadings = 1

  init(_ benchCase: BenchCase, samples: Int?, traced: Int, explain: @escaping (any Error) -> String)
  {
    result = BenchMeasurement(benchCase)
    if traced > 0 { result.stages = StageSamples() }
    plannedTraced = traced
    plannedSamples = samples
    self.explain = explain
  }

  var benchCase: BenchCase { result.benchCase }
  var hasFailed: Bool { result.failure != nil }

  private var measuresPairs: Bool {
    benchCase.strategy != .copy && benchCase.pages == .populated
  }

  /// Prepares memory and threads, sees what one registration charges, warms up and chooses the batch.
  ///
  /// A case that cannot be measured keeps the reason, and the others go on.
  func prepare(
    strategies: StrategySet,
    buffers: BufferPool,
    axes: BenchAxes,
    clock: Double
  ) {
    result.readings = benchCase.strategy == .copy ? 1 : 2
    do {
      let strategy = strategies.strategy(benchCase.strategy)
      for thread in 0..<benchCase.threads {
        let memory = try buffers.buffer(for: benchCase, thread: thread)
        let range = AddressRange(start: memory.buffer.range.start, length: benchCase.length)
        let work: BenchTask.Work
        if benchCase.strategy == .copy {
          work = .copying(try buffers.staging(for: thread, by: strategy, access: axes.access))
        } else {
          work = .registering(strategy, RegistrationBatch(range, access: axes.access))
        }
        tasks.append(BenchTask(memory: memory, length: benchCase.length, work: work))
        workers.append(try BenchWorker())
      }
      // One pin of gigabytes takes seconds.
      if Interruption.isRequested { return }
      try observeCharge(strategy)
      try warmUp(samples: max(axes.warmup, BenchCaseRun.fewestCalibrations))
      if Interruption.isRequested { return }
      try chooseBatch(clock: clock)
      try warmUp(samples: axes.warmup)
      chooseRoom()
    } catch {
      // Before anything is released, which would change what the explanation sees.
      if (error as? SystemError)?.code != .EINTR { result.failure = explain(error) }
      (workers, tasks) = ([], [])
    }
  }

  /// Measures block `index` of `count` equal ones.
  func measure(block index: Int, of count: Int, duration: Double?) {
    guard !hasFailed else { return }
    let extent: BenchWorker.Extent
    if let duration {
      let share = UInt64(duration * 1e9) / UInt64(count)
      extent = .nanoseconds(
        measuresPairs ? share / 2 : share,
        pairNanoseconds: measuresPairs ? share / 2 : 0
      )
    } else {
      extent = .samples(
        part(index, of: count, plannedSamples ?? 0),
        pairSamples: measuresPairs ? part(index, of: count, pairSamples) : 0
      )
    }
    do {
      try run(extent)
    } catch {
      result.failure = explain(error)
    }
    collect()
  }

  private var pairSamples: Int {
    (plannedSamples ?? 0) / result.pairs
  }

  func part(_ index: Int, of count: Int, _ whole: Int) -> Int {
    whole * (index + 1) / count - whole * index / count
  }

  func run(_ extent: BenchWorker.Extent, isTraced: Bool = false) throws {
    let barrier = StartBarrier(threads: workers.count)
    for (worker, task) in zip(workers, tasks) {
      worker.begin(task, extent, isTraced: isTraced, after: barrier)
    }
    for worker in workers { worker.finish() }
    if let failure = workers.lazy.compactMap(\.failure).first { throw failure }
  }

  func collect() {
    var (samples, traced, usage) = (BenchSamples(), BenchSamples(), ThreadUsage())
    for worker in workers {
      samples += worker.samples
      traced += worker.traced
      usage = usage + worker.usage
    }
    (result.samples, result.usage) = (samples, usage)
    result.stages?.samples = traced
  }

  private func observeCharge(_ strategy: any SampledStrategy) throws {
    guard benchCase.strategy != .copy, let task = tasks.first else {
      (result.expectedPages, result.chargedPages) = (0, 0)
      return
    }
    try task.memory.prepare()
    let range = AddressRange(start: task.memory.buffer.range.start, length: benchCase.length)
    guard case .registering(_, let model) = task.work else { return }
    let before = try ProcessStatus().pinned
    let registration = try strategy.register(range, access: model.access)
    let during = try ProcessStatus().pinned
    try registration.release()
    let after = try ProcessStatus().pinned
    let page = Int64(BasePage.size)
    result.expectedPages = strategy.chargedPages(for: range, of: benchCase.memory)
    result.chargedPages = UInt64(clamping: (during - before) / page)
    result.residualPages = UInt64(clamping: (after - before) / page)
  }

  private func warmUp(samples: Int) throws {
    for worker in workers { worker.reserve(batch: largestBatch, samples: samples, pairSamples: 0) }
    try run(.samples(samples, pairSamples: 0))
  }

  private var largestBatch: Int { tasks.map(\.batch).max() ?? 1 }

  private func chooseBatch(clock: Double) throws {
    guard let samples = workers.first?.samples else { return }
    let once =
      benchCase.strategy == .copy
      ? Median.of(samples.copy) : Median.of(samples.register) + Median.of(samples.deregister)
    let limit = try batchLimit()
    let batch = BatchSize.needed(
      clock: clock,
      readings: result.readings,
      operation: max(1, once - clock * Double(result.readings)),
      limit: limit
    )
    let pairs = max(
      BatchSize.needed(clock: clock, readings: BenchCaseRun.pairReadings, operation: max(1, once)),
      once < BenchCaseRun.longPair ? BenchCaseRun.usualPairs : 1
    )
    (result.batch, result.pairs) = (batch, pairs)
    for index in tasks.indices {
      tasks[index].batch = batch
      tasks[index].pairs = pairs
    }
  }

  /// Registrations of a batch live together: half of what the memlock limit leaves (the other half is for the staging
  /// buffers and for what is still to be uncharged) and, for cold pages, the buffer bound their number.
  private func batchLimit() throws -> Int {
    var limit = BenchCaseRun.largestBatch
    guard let memory = tasks.first?.memory, benchCase.strategy != .copy else { return limit }
    if benchCase.pages == .cold {
      limit = min(
        limit,
        Int(memory.buffer.range.length / (benchCase.basePages * UInt64(BasePage.size)))
      )
    }
    let charge = (result.chargedPages ?? 0) * UInt64(BasePage.size) * UInt64(benchCase.threads)
    if charge > 0, let headroom = PinBudget.ofThisProcess().headroomPages {
      limit = min(limit, Int(headroom * UInt64(BasePage.size) / 2 / charge))
    }
    return max(1, limit)
  }

  private func chooseRoom() {
    for worker in workers {
      worker.reserve(
        batch: result.batch,
        samples: plannedSamples ?? 0,
        pairSamples: measuresPairs ? pairSamples : 0,
        traced: plannedTraced
      )
    }
  }
}
