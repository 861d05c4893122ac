import Documents
import LinuxSystem

extension LimitsReport {
  /// The report for people: one fact a line, the verdict on the limit with its remedy where it binds.
  var text: StyledText {
    var lines: [StyledText] = [
      row("process", "\(pid) (\(process)), user \(user ?? "unknown") (\(userId))"),
      row("memlock", limitText),
      row("capability", StyledText(capability.explanation)),
      row("pinned", pinnedText),
      row(
        "locked",
        "\(ByteSize.text(lockedBytes)) (VmLck); mlock has the same limit and an account of its own"
      ),
      row("origin", "\(originTitle): \(origin.summary)"),
    ]
    lines += origin.evidence.map { row("", StyledText($0)) }
    if limitBinds { lines.append(row("remedy", StyledText(origin.remedy, .strong))) }
    lines += boundLines + groupLines + poolLines
    lines.append(row("mappings", mappingText))
    lines.append(
      row(
        "memory",
        "\(ByteSize.text(memoryAvailableBytes)) available of \(ByteSize.text(memoryTotalBytes))"
      )
    )
    lines.append(
      row(
        "io_uring",
        "charges fixed buffers here and to a counter of user \(userId) that the kernel does not show"
      )
    )
    if let probe {
      let place = probe.device.map { "\(probe.strategy) on \($0)" } ?? probe.strategy
      lines.append(
        row("probe", "\(ByteSize.text(probe.maximumBytes)) by \(place), \(probe.endedBy)")
      )
    }
    return lines.printableLines
  }

  private func row(_ title: String, _ text: StyledText) -> StyledText {
    StyledText(title + String(repeating: " ", count: 12 - title.utf8.count)) + text
  }

  private var originTitle: String { origin.kind.split(separator: "_").joined(separator: " ") }

  private var limitText: StyledText {
    let soft = LimitsReport.size(memlock.softBytes)
    let limit = "soft \(soft), hard \(LimitsReport.size(memlock.hardBytes))"
    if limitBinds { return "\(limit); it binds" }
    return memlock.softBytes == nil ? StyledText(limit) : "\(limit); it does not bind"
  }

  private var pinnedText: StyledText {
    let defect = VmPin.defect(of: pinnedBytes)
    let name = ["VmPin", defect].compactMap { $0 }.joined(separator: ": ")
    let pinned: StyledText =
      "\("\(ByteSize.signed(pinnedBytes)) (\(name))", defect == nil ? nil : .bad)"
    guard let headroomBytes else { return pinned }
    let pages = headroomBytes / UInt64(BasePage.size)
    let room = "headroom \(ByteSize.text(headroomBytes)) (\(pages) pages)"
    return "\(pinned), \(room, Headroom(headroomBytes, of: memlock.softBytes).style)"
  }

  private var boundLines: [StyledText] {
    guard let bounds, let pinnableBytes, let least = bounds.first(where: { $0.binds == true })
    else { return [] }
    // Mappings have a row of their own.
    let lines = bounds.filter { $0.kind != "mappings" }
      .map { bound in
        if let most = bound.limitCount, let count = bound.usedCount {
          let left = most - min(most, count)
          return row("", "\(bound.title): \(left) more of \(most) (\(bound.settingName))")
        }
        if bound.kind == "region_size" {
          let source = bound.setting.map { " (\($0))" } ?? ""
          return row(
            "",
            "one region of \(bound.place): \(ByteSize.text(bound.bytes)) at most\(source)"
          )
        }
        let limit = bound.limitBytes.map { " of \(ByteSize.text($0))" } ?? ""
        return row("", "\(bound.title): \(ByteSize.text(bound.bytes)) more\(limit)")
      }
    return [row("pinnable", "\(ByteSize.text(pinnableBytes)) more, by \(least.title)")] + lines
  }

  private var groupLines: [StyledText] {
    guard !rdmaCgroups.isEmpty else { return [row("rdma cgroup", "no limit set")] }
    return rdmaCgroups.map { group in
      let objects = "\(group.objects) of \(group.objectLimit.map(String.init) ?? "any") objects"
      let handles = "\(group.handles) of \(group.handleLimit.map(String.init) ?? "any") handles"
      let full: StyledText =
        group.isFull ? "; \("full: the next registration gets EAGAIN", .bad)" : ""
      return row("rdma cgroup", "\(group.group) \(group.device): \(objects), \(handles)\(full)")
    }
  }

  private var poolLines: [StyledText] {
    hugetlbPools.map { pool in
      row(
        "hugetlb",
        "\(ByteSize.text(pool.pageBytes)): \(pool.freePages) free of \(pool.totalPages) pages"
      )
    }
  }

  private var mappingText: StyledText {
    let most = maxMappings.map { "\($0) (vm.max_map_count)" } ?? "unknown"
    return "\(mappings.map(String.init) ?? "hidden") of \(most)"
  }

  static func size(_ bytes: UInt64?) -> String { bytes.map(ByteSize.text) ?? "unlimited" }
}

extension LimitsReport.Bound {
  fileprivate var title: String {
    switch kind {
    case "memory_cgroup": "memory of control group \(place)"
    case "memory": "memory that long-term pins can use"
    case "regions": "regions of \(place)"
    case "rdma_objects": "objects of control group \(place) on \(device ?? "")"
    case "rdma_contexts": "contexts of control group \(place) on \(device ?? "")"
    case "hugetlb_cgroup": "huge pages of control group \(place) (\(settingName))"
    case "commit_limit": "vm.overcommit_memory=2"
    default: place
    }
  }

  // The file without its directory.
  fileprivate var settingName: String {
    setting?.split(scalar: "/").last.map(String.init) ?? ""
  }
}
