package import Benchmarking
package import Diagnosis
package import MemoryRegistration

/// The result of `memreg bench`: the JSON document as it stands, and what `--compare` reads.
package struct BenchReport: Codable, Equatable, Sendable {
  package static let currentSchema = "memreg.bench/1"

  @Field package var schema: String
  @Field package var interrupted: Bool
  @Field package var environment: BenchEnvironment
  @Field package var access: String
  @Field package var warmupSamples: Int
  /// What one reading of the clock takes.
  @Field package var clockReadPs: UInt64
  @Field package var vmPinBeforeBytes: Int64
  /// `VmPin` when everything had been released.
  @Field package var vmPinAfterBytes: Int64
  @Field package var cases: [Case]
  @Field package var models: [Model]
  @Field package var factors: [Factor]
  @Field package var crossovers: [Crossing]
  /// What the device needs for one page by how that page is known to it; absent without on-demand paging.
  @Field package var deviceAccess: [Access]?
  /// Where on-demand transfers put their bytes, found by moving some.
  @Field package var onDemandPlacement: OnDemandPlacement?

  /// The times of RDMA WRITEs of 64 bytes to the starts of pages in one state.
  package struct Access: Codable, Equatable, Sendable {
    package var state: AccessBench.State
    package var samples: Int
    package var minNs: UInt64
    package var p50Ns: UInt64
    package var p90Ns: UInt64
    package var p99Ns: UInt64
    package var maxNs: UInt64
    /// The median by that of a pinned page.
    package var pinnedRatioPpm: Ratio<PerMillion>

    package init(
      state: AccessBench.State,
      samples: Int,
      minNs: UInt64,
      p50Ns: UInt64,
      p90Ns: UInt64,
      p99Ns: UInt64,
      maxNs: UInt64,
      pinnedRatioPpm: Ratio<PerMillion>
    ) {
      (self.state, self.samples, self.minNs, self.p50Ns) = (state, samples, minNs, p50Ns)
      (self.p90Ns, self.p99Ns, self.maxNs) = (p90Ns, p99Ns, maxNs)
      self.pinnedRatioPpm = pinnedRatioPpm
    }
  }

  /// One combination of the axes with its samples.
  package struct Case: Codable, Equatable, Sendable {
    @Field package var strategy: Word<StrategyKind>
    @Field package var memory: String
    @Field package var pages: Word<BenchCase.PageState>
    @Field package var threads: Int
    @Field package var resident: Int
    @Field package var sizeBytes: UInt64
    /// Operations between two readings of the clock.
    @Field package var batch: Int
    /// Registrations and releases in one sample of `pair`.
    @Field package var pairBatch: Int
    /// Base pages that the kernel should charge for one registration.
    @Field package var expectedPages: UInt64?
    /// Base pages by which one registration raised `VmPin`.
    @Field package var chargedPages: UInt64?
    @Field package var clockSharePpm: Ratio<PerMillion>?
    @Field package var userNs: UInt64
    @Field package var systemNs: UInt64
    /// The kernel's part of the threads' time; absent where ticks are too few to tell.
    @Field package var kernelSharePercent: Ratio<Percent>?
    @Field package var minorFaults: UInt64
    @Field package var majorFaults: UInt64
    @Field package var phases: [Phase]
    @Field package var warnings: [Warning]
    /// What calls spend their time on in the kernel; absent unless they were traced.
    @Field package var stages: [BenchStages]?
    /// Why the case could not be measured.
    @Field package var failure: String?

    package init(
      strategy: Word<StrategyKind>,
      memory: String,
      pages: Word<BenchCase.PageState>,
      threads: Int,
      resident: Int,
      sizeBytes: UInt64,
      batch: Int,
      pairBatch: Int,
      expectedPages: UInt64?,
      chargedPages: UInt64?,
      clockSharePpm: Ratio<PerMillion>?,
      userNs: UInt64,
      systemNs: UInt64,
      kernelSharePercent: Ratio<Percent>?,
      minorFaults: UInt64,
      majorFaults: UInt64,
      phases: [Phase],
      warnings: [Warning],
      stages: [BenchStages]?,
      failure: String?
    ) {
      (self.strategy, self.memory, self.pages, self.threads) = (strategy, memory, pages, threads)
      (self.resident, self.sizeBytes, self.batch) = (resident, sizeBytes, batch)
      (self.pairBatch, self.expectedPages) = (pairBatch, expectedPages)
      (self.chargedPages, self.clockSharePpm, self.userNs) = (chargedPages, clockSharePpm, userNs)
      (self.systemNs, self.kernelSharePercent) = (systemNs, kernelSharePercent)
      (self.minorFaults, self.majorFaults, self.phases) = (minorFaults, majorFaults, phases)
      (self.warnings, self.stages, self.failure) = (warnings, stages, failure)
    }
  }

  /// A reason to doubt a case.
  package struct Warning: Codable, Equatable, Sendable {
    @Field package var kind: String
    @Field package var text: String

    package init(
      kind: String,
      text: String
    ) {
      self.kind = kind
      self.text = text
    }
  }

  /// The times of one kind of operation.
  package struct Phase: Codable, Equatable, Sendable {
    @Field package var phase: Word<Name>
    @Field package var samples: Int
    @Field package var minNs: UInt64
    @Field package var p50Ns: UInt64
    @Field package var p90Ns: UInt64
    @Field package var p99Ns: UInt64
    @Field package var p999Ns: UInt64
    @Field package var maxNs: UInt64
    @Field package var meanNs: UInt64
    /// The median divided by the base pages of the region.
    @Field package var perPagePs: UInt64
    /// Bytes of the region by the median.
    @Field package var bytesPerSecond: UInt64
    @Field package var samplesNs: [UInt64]

    package enum Name: String, Codable, CaseIterable {
      case register
      case deregister
      /// Register and deregister in a tight loop.
      case pair
      case copy
    }

    package init(
      phase: Word<Name>,
      samples: Int,
      minNs: UInt64,
      p50Ns: UInt64,
      p90Ns: UInt64,
      p99Ns: UInt64,
      p999Ns: UInt64,
      maxNs: UInt64,
      meanNs: UInt64,
      perPagePs: UInt64,
      bytesPerSecond: UInt64,
      samplesNs: [UInt64]
    ) {
      (self.phase, self.samples, self.minNs, self.p50Ns) = (phase, samples, minNs, p50Ns)
      (self.p90Ns, self.p99Ns, self.p999Ns, self.maxNs) = (p90Ns, p99Ns, p999Ns, maxNs)
      (self.meanNs, self.perPagePs, self.bytesPerSecond) = (meanNs, perPagePs, bytesPerSecond)
      self.samplesNs = samplesNs
    }
  }

  /// The linear cost model of a series.
  package struct Model: Codable, Equatable, Sendable {
    @Field package var strategy: Word<StrategyKind>
    @Field package var memory: String
    @Field package var pages: Word<BenchCase.PageState>
    @Field package var threads: Int
    @Field package var resident: Int
    @Field package var phase: Word<Phase.Name>
    @Field package var baseNs: Int
    @Field package var perPagePs: Int
    @Field package var rSquaredPpm: Ratio<PerMillion>

    package init(
      strategy: Word<StrategyKind>,
      memory: String,
      pages: Word<BenchCase.PageState>,
      threads: Int,
      resident: Int,
      phase: Word<Phase.Name>,
      baseNs: Int,
      perPagePs: Int,
      rSquaredPpm: Ratio<PerMillion>
    ) {
      (self.strategy, self.memory, self.pages, self.threads) = (strategy, memory, pages, threads)
      (self.resident, self.phase, self.baseNs) = (resident, phase, baseNs)
      (self.perPagePs, self.rSquaredPpm) = (perPagePs, rSquaredPpm)
    }
  }

  /// How the cost per page of one series relates to that of another.
  package struct Factor: Codable, Equatable, Sendable {
    package var kind: Kind
    package var phase: Phase.Name
    package var series: String
    package var reference: String
    package var ratioPpm: Ratio<PerMillion>

    package enum Kind: String, Codable {
      case hugePages = "huge_pages"
      case onDemand = "on_demand"
    }

    package init(
      kind: Kind,
      phase: Phase.Name,
      series: String,
      reference: String,
      ratioPpm: Ratio<PerMillion>
    ) {
      (self.kind, self.phase, self.series, self.reference) = (kind, phase, series, reference)
      self.ratioPpm = ratioPpm
    }
  }

  /// Where registering begins to beat copying.
  package struct Crossing: Codable, Equatable, Sendable {
    @Field package var series: String
    /// The smallest measured size from which registering is cheaper; absent where copying always is.
    @Field package var sizeBytes: UInt64?

    package init(
      series: String,
      sizeBytes: UInt64?
    ) {
      self.series = series
      self.sizeBytes = sizeBytes
    }
  }

  package init(
    schema: String = BenchReport.currentSchema,
    interrupted: Bool,
    environment: BenchEnvironment,
    access: String,
    warmupSamples: Int,
    clockReadPs: UInt64,
    vmPinBeforeBytes: Int64,
    vmPinAfterBytes: Int64,
    cases: [Case],
    models: [Model],
    factors: [Factor],
    crossovers: [Crossing],
    deviceAccess: [Access]? = nil,
    onDemandPlacement: OnDemandPlacement? = nil
  ) {
    (self.schema, self.interrupted, self.environment) = (schema, interrupted, environment)
    (self.access, self.warmupSamples, self.clockReadPs) = (access, warmupSamples, clockReadPs)
    (self.vmPinBeforeBytes, self.vmPinAfterBytes) = (vmPinBeforeBytes, vmPinAfterBytes)
    (self.cases, self.models, self.factors) = (cases, models, factors)
    (self.crossovers, self.deviceAccess) = (crossovers, deviceAccess)
    self.onDemandPlacement = onDemandPlacement
  }
}
