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
      self.state = state
      self.samples = samples
      self.minNs = minNs
      self.p50Ns = p50Ns
      self.p90Ns = p90Ns
      self.p99Ns = p99Ns
      self.maxNs = maxNs
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
      expectedPages: UInt64? = nil,
      chargedPages: UInt64? = nil,
      clockSharePpm: Ratio<PerMillion>? = nil,
      userNs: UInt64,
      systemNs: UInt64,
      kernelSharePercent: Ratio<Percent>? = nil,
      minorFaults: UInt64,
      majorFaults: UInt64,
      phases: [Phase],
      warnings: [Warning],
      failure: String? = nil
    ) {
      self.strategy = strategy
      self.memory = memory
      self.pages = pages
      self.threads = threads
      self.resident = resident
      self.sizeBytes = sizeBytes
      self.batch = batch
      self.pairBatch = pairBatch
      self.expectedPages = expectedPages
      self.chargedPages = chargedPages
      self.clockSharePpm = clockSharePpm
      self.userNs = userNs
      self.systemNs = systemNs
      self.kernelSharePercent = kernelSharePercent
      self.minorFaults = minorFaults
      self.majorFaults = majorFaults
      self.phases = phases
      self.warnings = warnings
      self.failure = failure
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
      self.phase = phase
      self.samples = samples
      self.minNs = minNs
      self.p50Ns = p50Ns
      self.p90Ns = p90Ns
      self.p99Ns = p99Ns
      self.p999Ns = p999Ns
      self.maxNs = maxNs
      self.meanNs = meanNs
      self.perPagePs = perPagePs
      self.bytesPerSecond = bytesPerSecond
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
      self.strategy = strategy
      self.memory = memory
      self.pages = pages
      self.threads = threads
      self.resident = resident
      self.phase = phase
      self.baseNs = baseNs
      self.perPagePs = perPagePs
      self.rSquaredPpm = rSquaredPpm
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
      self.kind = kind
      self.phase = phase
      self.series = series
      self.reference = reference
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
      sizeBytes: UInt64? = nil
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
    self.schema = schema
    self.interrupted = interrupted
    self.environment = environment
    self.access = access
    self.warmupSamples = warmupSamples
    self.clockReadPs = clockReadPs
    self.vmPinBeforeBytes = vmPinBeforeBytes
    self.vmPinAfterBytes = vmPinAfterBytes
    self.cases = cases
    self.models = models
    self.factors = factors
    self.crossovers = crossovers
    self.deviceAccess = deviceAccess
    self.onDemandPlacement = onDemandPlacement
  }
}
