import Benchmarking
import Diagnosis
import MemoryRegistration

/// The result of `memreg bench`: the JSON document as it stands, and what `--compare` reads.
struct BenchReport: Codable, Equatable {
  static let currentSchema = "memreg.bench/1"

  var schema = BenchReport.currentSchema
  var interrupted: Bool
  var environment: BenchEnvironment
  var access: String
  var warmupSamples: Int
  /// What one reading of the clock takes.
  var clockReadPs: UInt64
  var vmPinBeforeBytes: Int64
  /// `VmPin` when everything had been released.
  var vmPinAfterBytes: Int64
  var cases: [Case]
  var models: [Model]
  var factors: [Factor]
  var crossovers: [Crossing]
  /// What the device needs for one page by how that page is known to it; absent without on-demand paging.
  var deviceAccess: [Access]?
  /// Where on-demand transfers put their bytes, found by moving some.
  var onDemandPlacement: OnDemandPlacement?

  /// The times of RDMA WRITEs of 64 bytes to the starts of pages in one state.
  struct Access: Codable, Equatable {
    var state: AccessBench.State
    var samples: Int
    var minNs: UInt64
    var p50Ns: UInt64
    var p90Ns: UInt64
    var p99Ns: UInt64
    var maxNs: UInt64
    /// The median by that of a pinned page.
    var pinnedRatioPpm: UInt64
  }

  /// One combination of the axes with its samples.
  struct Case: Codable, Equatable {
    var strategy: StrategyKind
    var memory: String
    var pages: BenchCase.PageState
    var threads: Int
    var resident: Int
    var sizeBytes: UInt64
    /// Operations between two readings of the clock.
    var batch: Int
    /// Registrations and releases in one sample of `pair`.
    var pairBatch: Int
    /// Base pages that the kernel should charge for one registration.
    var expectedPages: UInt64?
    /// Base pages by which one registration raised `VmPin`.
    var chargedPages: UInt64?
    var clockSharePpm: UInt64?
    var userNs: UInt64
    var systemNs: UInt64
    /// The kernel's part of the threads' time; absent where ticks are too few to tell.
    var kernelSharePercent: Int?
    var minorFaults: UInt64
    var majorFaults: UInt64
    var phases: [Phase]
    var warnings: [Warning]
    /// Why the case could not be measured.
    var failure: String?
  }

  /// A reason to doubt a case.
  struct Warning: Codable, Equatable {
    var kind: String
    var text: String
  }

  /// The times of one kind of operation.
  struct Phase: Codable, Equatable {
    var phase: Name
    var samples: Int
    var minNs: UInt64
    var p50Ns: UInt64
    var p90Ns: UInt64
    var p99Ns: UInt64
    var p999Ns: UInt64
    var maxNs: UInt64
    var meanNs: UInt64
    /// The median divided by the base pages of the region.
    var perPagePs: UInt64
    /// Bytes of the region by the median.
    var bytesPerSecond: UInt64
    var samplesNs: [UInt64]

    enum Name: String, Codable, CaseIterable {
      case register
      case deregister
      /// Register and deregister in a tight loop.
      case pair
      case copy
    }
  }

  /// The linear cost model of a series.
  struct Model: Codable, Equatable {
    var strategy: StrategyKind
    var memory: String
    var pages: BenchCase.PageState
    var threads: Int
    var resident: Int
    var phase: Phase.Name
    var baseNs: Int
    var perPagePs: Int
    var rSquaredPpm: Int
  }

  /// How the cost per page of one series relates to that of another.
  struct Factor: Codable, Equatable {
    var kind: Kind
    var phase: Phase.Name
    var series: String
    var reference: String
    var ratioPpm: UInt64

    enum Kind: String, Codable {
      case hugePages = "huge_pages"
      case onDemand = "on_demand"
    }
  }

  /// Where registering begins to beat copying.
  struct Crossing: Codable, Equatable {
    var series: String
    /// The smallest measured size from which registering is cheaper; absent where copying always is.
    var sizeBytes: UInt64?
  }
}

extension BenchReport.Case {
  /// The case's series, as text.
  var seriesName: String {
    var parts = [strategy.rawValue, memory, pages.rawValue]
    if threads != 1 { parts.append("\(threads) threads") }
    if resident != 0 { parts.append("\(resident) resident") }
    return parts.joined(separator: ", ")
  }

  func phase(_ name: BenchReport.Phase.Name) -> BenchReport.Phase? {
    phases.first { $0.phase == name }
  }
}

extension StrategyKind: Codable {}
