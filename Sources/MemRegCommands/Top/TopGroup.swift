import Documents

/// A control group, a job or a device with the processes under it.
struct TopGroup: Equatable {
  var label: String
  var totals: TopTotals
  var processes: [TopSample.Process] = []
  var groups: [TopGroup] = []
  /// Whether what is pinned can be told: the kernel counts it by process, not by device.
  var hasPins = true

  init(_ label: String, _ processes: [TopSample.Process]) {
    self.label = label
    self.processes = processes
    totals = TopTotals(processes)
  }
}

extension TopSample {
  /// The processes under what they run for, each level by `order`.
  func groups(by grouping: TopGrouping, in order: TopOrder) -> [TopGroup] {
    switch grouping {
    case .process: []
    case .cgroup: controlGroups(in: order)
    case .job: jobs.sorted { order.places($0.totals, before: $1.totals) }
    case .device: deviceGroups.sorted { order.places($0.totals, before: $1.totals) }
    }
  }

  private var jobs: [TopGroup] {
    Dictionary(grouping: processes) { $0.jobLabel }.map { TopGroup($0, $1) }
  }

  private var deviceGroups: [TopGroup] {
    let known = devices.map { device in
      var group = TopGroup(
        device.device,
        processes.compactMap { process in
          let share = process.regionsByDevice?.first { $0.device == device.device }
          return share.map { process.with($0) }
        }
      )
      group.hasPins = false
      // Those without a process in sight are counted too.
      (group.totals.mrs, group.totals.mrBytes) = (device.mrs, device.mrBytes)
      return group
    }
    let others = processes.filter { $0.devices.isEmpty }
    return known.filter { $0.totals.mrs > 0 || !$0.processes.isEmpty }
      + (others.isEmpty ? [] : [TopGroup("no device", others)])
  }

  // How deep control groups are shown; names below are parts of the last one.
  private static let mostLevels = 16

  private func controlGroups(in order: TopOrder) -> [TopGroup] {
    let hidden = processes.filter { $0.controlGroup == nil }
    let placed = processes.compactMap { process in
      process.controlGroup.map { path in
        (
          path.split(separator: "/", maxSplits: TopSample.mostLevels - 1).map(String.init)[...],
          process
        )
      }
    }
    let tree = placed.isEmpty ? [] : [TopSample.controlGroup("/", placed, in: order)]
    // A root that has one group and no process of its own says nothing.
    let top = tree.flatMap { $0.processes.isEmpty && !$0.groups.isEmpty ? $0.groups : [$0] }
    return top + (hidden.isEmpty ? [] : [TopGroup("unknown", hidden)])
  }

  private static func controlGroup(
    _ label: String,
    _ placed: [(ArraySlice<String>, TopSample.Process)],
    in order: TopOrder
  ) -> TopGroup {
    var group = TopGroup(label, placed.map(\.1))
    group.processes = placed.filter { $0.0.isEmpty }.map(\.1)
    let below = Dictionary(grouping: placed.filter { !$0.0.isEmpty }) { $0.0.first ?? "" }
    group.groups =
      below.map { name, members in
        let rest = members.map { ($0.0.dropFirst(), $0.1) }
        return controlGroup("/" + name, rest, in: order).collapsed
      }
      .sorted { order.places($0.totals, before: $1.totals) }
    return group
  }
}

extension TopGroup {
  /// The name of a control group in so many columns: ids by their first 12 digits, of a long path the end, which tells
  /// groups apart.
  static func short(_ path: String, columns: Int) -> String {
    var text = ""
    var digits = 0
    for character in path {
      digits = character.isHexDigit ? digits + 1 : 0
      if digits <= 12 { text.append(character) } else if digits == 13 { text.append("~") }
    }
    return text.count <= columns ? text : "~" + text.suffix(columns - 1)
  }

  /// A group with one group in it and no process of its own is shown as one with it.
  fileprivate var collapsed: TopGroup {
    guard processes.isEmpty, groups.count == 1, var only = groups.first else { return self }
    only.label = label + only.label
    return only
  }
}

extension TopSample.Process {
  /// What it runs for: its Slurm job, else its Pod, else its container.
  var jobLabel: String {
    if let slurmJob { return "Slurm job \(slurmJob)" }
    if let podUid { return "Pod \(podUid)" }
    if let containerText { return "container \(containerText)" }
    return "no job"
  }

  /// The container's id in the 12 digits that runtimes show, or its name.
  var containerText: String? {
    container.map { $0.utf8.count == 64 ? String($0.prefix(12)) : $0 }
  }

  /// The process with its regions on one device alone.
  fileprivate func with(_ share: TopSample.Device) -> TopSample.Process {
    var process = self
    (process.mrs, process.mrBytes) = (share.mrs, share.mrBytes)
    return process
  }
}
