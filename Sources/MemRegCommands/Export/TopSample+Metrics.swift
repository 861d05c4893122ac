import Documents
import LinuxSystem
import Report

extension TopSample {
  /// The sample as a page of metrics, with at most `limit` processes by size and as many by headroom.
  func metrics(_ probes: ProbeCounts, processes limit: Int) -> String {
    var page = MetricsText()
    page.add(
      "memreg_foll_pin_balance_bytes",
      unit: "bytes",
      help: "Memory pinned in the whole system, by whomever: FOLL_PIN acquired less released.",
      systemPinnedBytes
    )
    page.add(
      "memreg_accounted_bytes",
      unit: "bytes",
      help: "VmPin of all processes together.",
      accountedBytes
    )
    page.add(
      "memreg_unaccounted_bytes",
      unit: "bytes",
      help: "Pinned memory that no process accounts for.",
      unaccountedBytes
    )
    addDevices(to: &page)
    let shown = foremost(limit)
    addProcesses(shown, to: &page)
    let rest = processes.filter { process in !shown.contains { $0.pid == process.pid } }
    page.add(
      "memreg_omitted_processes",
      help: "Processes that have pinned memory and no series of their own.",
      Int64(rest.count)
    )
    page.add(
      "memreg_omitted_pinned_bytes",
      unit: "bytes",
      help: "VmPin of the processes without a series.",
      rest.reduce(0) { $0 + $1.pinnedBytes }
    )
    addProbes(probes, to: &page)
    return page.text
  }

  /// The processes that have pinned most, and those that are nearest to their limits.
  func foremost(_ limit: Int) -> [Process] {
    let large = processes.sorted { TopOrder.pinned.places($0, before: $1) }.prefix(limit)
    let near = processes.filter { $0.headroomRatio != nil }
      .sorted { ($0.headroomRatio ?? 1, $0.pid) < ($1.headroomRatio ?? 1, $1.pid) }
      .prefix(limit).filter { process in !large.contains { $0.pid == process.pid } }
    return large + near
  }

  private func addDevices(to page: inout MetricsText) {
    page.add(
      "memreg_device_mr_bytes",
      unit: "bytes",
      help: "Lengths of all memory regions on the device.",
      devices.map { ([("device", $0.device)], String($0.mrBytes)) }
    )
    page.add(
      "memreg_device_mrs",
      help: "Memory regions on the device.",
      devices.map { ([("device", $0.device)], String($0.mrs)) }
    )
  }

  private func addProcesses(_ shown: [Process], to page: inout MetricsText) {
    func add(
      _ name: String,
      _ unit: String?,
      _ help: String,
      _ value: (Process) -> String?
    ) {
      page.add(
        "memreg_process_\(name)",
        unit: unit,
        help: help,
        shown.compactMap { process in value(process).map { (process.labels, $0) } }
      )
    }
    add(
      "pinned_bytes",
      "bytes",
      "Memory that the process has pinned (VmPin); below zero: uncharged more than charged."
    ) { String($0.pinnedBytes) }
    add("mr_bytes", "bytes", "Lengths of the process's memory regions.") { String($0.mrBytes) }
    add("limit_bytes", "bytes", "RLIMIT_MEMLOCK where it binds the process.") { process in
      process.limitBinds ? process.limitBytes.map { String($0) } : nil
    }
    add("headroom_bytes", "bytes", "What the process may still pin.") {
      $0.headroomBytes.map { String($0) }
    }
    add("headroom_ratio", "ratio", "What the process may still pin, as a part of its limit.") {
      $0.headroomRatio.map { FixedPoint.text($0, decimals: 4) }
    }
  }

  private func addProbes(_ probes: ProbeCounts, to page: inout MetricsText) {
    page.add(
      "memreg_registration_works",
      help: "Whether one page could be registered at this collection.",
      probes.latest.map { ([("device", $0.device)], $0.refusal == nil ? "1" : "0") }
    )
    page.add(
      "memreg_registration_failures",
      "counter",
      help: "Registrations of one page that failed, one being tried at each collection.",
      probes.failures.map {
        ([("device", $0.device), ("errno", $0.refusal?.name ?? "")], String($0.count))
      }
    )
  }
}

extension TopSample.Process {
  /// What may still be pinned as a part of the limit; `nil` where no limit binds.
  var headroomRatio: Double? {
    guard let headroomBytes, let limitBytes, limitBytes > 0 else { return nil }
    return Double(headroomBytes) / Double(limitBytes)
  }

  fileprivate var labels: [(String, String)] {
    [("pid", String(pid)), ("name", name), ("user", user)]
  }
}
