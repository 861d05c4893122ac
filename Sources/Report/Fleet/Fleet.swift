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
    switch document.kind {
    case .bench: addBenchmark(document.root, host)
    case .limits: addLimits(document.root, host)
    case .check: addChecks(document.root, host)
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

  private mutating func addBenchmark(_ root: JSONValue, _ host: Int) {
    let environment = root["environment"]
    for (fact, key) in [
      ("rdma-core", "rdma_core"), ("processor", "processor"), ("processors", "processors"),
      ("hypervisor", "hypervisor"), ("transparent huge pages", "transparent_huge_pages"),
      ("memreg", "memreg"),
    ] { note(fact, environment[key].cell, host) }
    noteLimit(environment["memlock_limit_bytes"], binds: environment["memlock_limit_binds"], host)
    for one in CostSeries.all(of: root) {
      for curve in one.curves {
        for point in curve.points {
          let name = "\(curve.phase) \(SizeText.text(point.bytes)), \(one.name)"
          measure(name, .nanoseconds, point.p50, host)
        }
      }
    }
  }

  private mutating func addLimits(_ root: JSONValue, _ host: Int) {
    noteLimit(root["memlock"]["soft_bytes"], binds: root["limit_binds"], host)
    note("origin of the limit", root["origin"]["kind"].cell, host)
    note("vm.max_map_count", root["max_mappings"].cell, host)
    for pool in root["hugetlb_pools"].items {
      note("huge pages of \(pool["page_bytes"].size())", pool["total_pages"].cell, host)
    }
    measure("memory", .bytes, root["memory_total_bytes"].double, host)
    measure("pinned by the process", .bytes, root["pinned_bytes"].double, host)
  }

  private mutating func noteLimit(_ soft: JSONValue, binds: JSONValue, _ host: Int) {
    let lifted = binds == .bool(false) && soft.count != nil ? ", lifted" : ""
    note("memlock limit", soft.size(absent: "unlimited") + lifted, host)
  }

  private mutating func addChecks(_ root: JSONValue, _ host: Int) {
    for check in root["checks"].items {
      note("check \(check["name"].cell)", check["verdict"].cell, host)
    }
  }
}
