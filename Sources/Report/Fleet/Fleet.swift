import Documents
import LinuxSystem

/// Documents of many hosts, one after the other: only what is compared is kept, so that memory is bounded.
public struct Fleet {
  private(set) var hosts: [String] = []
  private(set) var documents = 0
  private(set) var emulated = 0
  private(set) var facts: [String: FleetFact] = [:]
  private(set) var metrics: [FleetMetric] = []
  private var hostNumbers: [String: Int] = [:]
  private var metricNumbers: [String: Int] = [:]

  /// A fleet of no hosts.
  public init() {}

  /// Whether nothing has been added.
  public var isEmpty: Bool { documents == 0 }

  /// Adds a document: of a benchmark, of limits or of checks. The others tell their host, kernel and driver alone.
  public mutating func add(_ document: ReportDocument) {
    documents += 1
    if document.isEmulated { emulated += 1 }
    let host = number(of: document.host ?? "unnamed (\(document.name))")
    note("kernel", document.kernel, host)
    note("device", document.device, host)
    note("driver", document.driver, host)
    switch document.content {
    case .bench(let report): addBenchmark(report, host)
    case .limits(let report): addLimits(report, host)
    case .check(let report): addChecks(report, host)
    case .coherence, .cache, .fuzz: break
    }
  }

  private mutating func number(of host: String) -> Int {
    if let known = hostNumbers[host] { return known }
    hosts.append(host)
    hostNumbers[host] = hosts.count - 1
    return hosts.count - 1
  }

  private mutating func note(_ fact: String, _ value: String?, _ host: Int) {
    guard let value, value != "-" else { return }
    facts[fact, default: FleetFact()].note(value, of: host)
  }

  private mutating func measure(
    _ name: String,
    _ unit: FleetMetric.Unit,
    _ value: Double?,
    _ host: Int
  ) {
    guard let value, value.isFinite else { return }
    let number: Int
    if let known = metricNumbers[name] {
      number = known
    } else {
      number = metrics.count
      metricNumbers[name] = number
      metrics.append(FleetMetric(name, unit))
    }
    metrics[number].note(value, of: host)
  }

  private mutating func addBenchmark(_ report: BenchReport, _ host: Int) {
    let environment = report.environment
    for (fact, value) in [
      ("rdma-core", environment.rdmaCore), ("processor", environment.processor),
      ("processors", environment.$processors.cell), ("hypervisor", environment.hypervisor),
      ("transparent huge pages", environment.$transparentHugePages),
      ("memreg", environment.$memreg),
    ] { note(fact, value, host) }
    noteLimit(environment.memlockLimitBytes, binds: environment.$memlockLimitBinds, host)
    for one in CostSeries.all(of: report) {
      for curve in one.curves {
        for point in curve.points {
          let name = "\(curve.phase) \(SizeText.text(point.bytes)), \(one.name)"
          measure(name, .nanoseconds, point.p50, host)
        }
      }
    }
  }

  private mutating func addLimits(_ report: LimitsReport, _ host: Int) {
    noteLimit(report.memlock.softBytes, binds: report.$limitBinds, host)
    note("origin of the limit", report.origin.$kind, host)
    note("vm.max_map_count", report.maxMappings.cell, host)
    for pool in report.hugetlbPools {
      note("huge pages of \(pool.$pageBytes.size())", pool.$totalPages.cell, host)
    }
    measure("memory", .bytes, report.$memoryTotalBytes.map { Double($0) }, host)
    measure("pinned by the process", .bytes, report.$pinnedBytes.map { Double($0) }, host)
  }

  private mutating func noteLimit(_ soft: UInt64?, binds: Bool?, _ host: Int) {
    let lifted = binds == false && soft != nil ? ", lifted" : ""
    note("memlock limit", soft.size(absent: "unlimited") + lifted, host)
  }

  private mutating func addChecks(_ report: CheckReport, _ host: Int) {
    for check in report.checks {
      note("check \(check.$name.cell)", check.$verdict.cell, host)
    }
  }
}
