import Documents
import LinuxSystem
import Report

extension ReplayReport {
  /// The report for people: a row for each policy, and which wins.
  var text: StyledText {
    let place = device.map { "verbs on \($0)" } ?? "io_uring"
    var lines = [
      "\(trace): \(uses) uses of \(ByteSize.text(touchedBytes)), by \(place), kernel \(kernel)"
        + (emulated ? " (emulated: ratios hold, times do not)" : "")
    ]
    if skippedEvents > 0 {
      lines.append(
        "\(skippedEvents) events not replayed: failed calls, dma-bufs, regions from before the trace"
      )
    }
    return StyledText((lines + [""]).printableLines) + "\(table)\n" + remarks.printableLines
  }

  private var table: String {
    var table = TextTable(
      [
        ("policy", .left), ("time", .right), ("a use", .right), ("hits", .right),
        ("registered", .right), ("evicted", .right), ("invalidated", .right), ("pinned", .right),
        ("over time", .left),
      ],
      leavingOut: ["over time", "evicted", "invalidated", "a use"]
    )
    for policy in policies {
      table.append([
        policy.policy, DurationText.text(nanoseconds: Double(policy.elapsedNs)),
        DurationText.text(nanoseconds: Double(policy.nsPerUse)),
        policy.hitsPerMille.map { "\(FixedPoint.text($0.percent, decimals: 1)) %" } ?? "-",
        "\(policy.registrations)", "\(policy.evictions)", "\(policy.invalidations)",
        ByteSize.text(policy.pinnedPeakBytes), curve(policy.pinnedBytes),
      ])
    }
    return table.text
  }

  private var remarks: [StyledText] {
    var lines: [StyledText] = []
    for policy in policies {
      if let failure = policy.firstFailure {
        lines.append(
          "\(policy.policy): \("\(policy.failures) failures", .bad), the first: \(failure)"
        )
      }
      if policy.uncached > 0 {
        lines.append("\(policy.policy): \(policy.uncached) uses found no room to stay registered")
      }
      if policy.policy == "odp" {
        lines.append("odp: the page faults that the device takes are not in its time")
      }
    }
    if interrupted { lines.append("interrupted") }
    if let undecided { return lines + [StyledText(doubt(undecided), .warning)] }
    guard let winner, let best = policies.first(where: { $0.policy == winner }) else {
      return lines + (policies.isEmpty ? [] : [StyledText("no policy served every use", .bad)])
    }
    let others = policies.filter { $0.policy != winner && $0.failures == 0 }
      .map { "\(ratio($0.elapsedNs, best.elapsedNs)) of \($0.policy)" }
    let comparison =
      others.isEmpty ? "" : ": \(others.joined(separator: ", "))"
    return lines + ["\("\(winner) wins", .good)\(comparison)"]
  }

  /// Which policies cannot be told apart, by what times, and how long a trace would be enough.
  private func doubt(_ names: [String]) -> String {
    let times = policies.filter { names.contains($0.policy) }
      .map { policy in
        let ends = [policy.fastestNs, policy.slowestNs].compactMap { $0 }
          .map { DurationText.text(nanoseconds: Double($0)) }
        return "\(policy.policy) \(ends.joined(separator: " to "))"
      }
    let enough =
      enoughUses.map { "a trace of about \($0) uses would be enough" }
      ?? "they differ too little for a trace of any length"
    let count = rounds == 1 ? "1 round" : "\(rounds) rounds"
    return
      "no winner: \(uses) uses in \(count) do not tell \(times.joined(separator: ", ")) apart; \(enough)"
  }

  private func ratio(_ other: UInt64, _ best: UInt64) -> String {
    "\(FixedPoint.text(Double(other) / Double(max(1, best)), decimals: 1)) times the speed"
  }

  // As much of a block as of the largest peak of all policies, in sixteen columns.
  private func curve(_ values: [UInt64]) -> String {
    let blocks = Array("▁▂▃▄▅▆▇█")
    let largest = max(1, policies.map(\.pinnedPeakBytes).max() ?? 1)
    let columns = min(16, values.count)
    return String(
      (0..<columns)
        .map { column in
          let part = values[
            (column * values.count / columns)..<((column + 1) * values.count / columns)
          ]
          let share = Double(part.max() ?? 0) / Double(largest)
          return share == 0 ? " " : blocks[min(7, Int(share * 8))]
        }
    )
  }
}
