import Measurement

extension Fleet {
  private static let mostRows = 50

  /// What differs between the hosts, and which lie far from the others.
  public var page: Page {
    let ranking = FleetRanking(self)
    let differing = facts.filter { $0.value.groups.count > 1 }.keys.sorted()
    var lead = [
      "\(documents) document\(documents == 1 ? "" : "s") of \(hosts.count) host\(hosts.count == 1 ? "" : "s")."
    ]
    if emulated > 0 {
      lead.append("\(emulated) of them were made under emulation: ratios hold, times do not.")
    }
    return Page(
      title: "memreg report by host",
      lead: lead,
      sections: [differences(differing), outliers(ranking, differing), common(differing)]
    )
  }

  private func differences(_ names: [String]) -> Page.Section {
    guard !names.isEmpty else {
      return Page.Section(
        title: "What differs",
        blocks: [.text("Nothing: all hosts say the same.")]
      )
    }
    var rows: [[String]] = []
    for name in names {
      for group in facts[name]?.groups ?? [] {
        rows.append([
          name, group.value, "\(group.hosts.count)", HostList.text(group.hosts.map { hosts[$0] }),
        ])
      }
    }
    return Page.Section(
      title: "What differs",
      blocks: [
        .table(
          Table(
            "What hosts say, the most frequent first",
            [.text("what"), .text("value"), .number("hosts"), .text("which")],
            rows
          )
        )
      ]
    )
  }

  private func common(_ differing: [String]) -> Page.Section {
    let same = facts.keys.filter { !differing.contains($0) && !$0.hasPrefix("check ") }.sorted()
    let checks = facts.keys.count { $0.hasPrefix("check ") && !differing.contains($0) }
    var rows = same.map { name -> [String] in
      let group = facts[name]?.groups.first
      return [name, group?.value ?? "-", "\(group?.hosts.count ?? 0)"]
    }
    if checks > 0 { rows.append(["checks with the same verdict", "\(checks)", "\(hosts.count)"]) }
    return Page.Section(
      title: "What is the same everywhere",
      blocks: [
        .table(Table("One value", [.text("what"), .text("value"), .number("hosts")], rows))
      ]
    )
  }

  private func outliers(_ ranking: FleetRanking, _ differing: [String]) -> Page.Section {
    let title = "Outliers"
    let measure =
      "A host is an outlier where a number of its lies more than \(FixedPoint.text(RobustScale.outlierScore, decimals: 1)) "
      + "scaled median absolute deviations from the median of all hosts (the modified z-score), the "
      + "deviation counting as at least 1 % of the median."
    guard !ranking.metrics.isEmpty else {
      return Page.Section(
        title: title,
        blocks: [
          .text("Nothing to judge: five hosts with the same benchmark or limits are the fewest.")
        ]
      )
    }
    guard !ranking.hosts.isEmpty else {
      return Page.Section(title: title, blocks: [.text("None."), .text(measure)])
    }
    let shown = ranking.hosts.prefix(Fleet.mostRows)
    let left = ranking.hosts.count - shown.count
    return Page.Section(
      title: title,
      blocks: [
        .text(
          "\(ranking.hosts.count) of \(hosts.count) hosts. \(measure)"
            + (left > 0 ? " The \(shown.count) that lie farthest are shown." : "")
        ),
        .table(
          Table(
            "Hosts, those that lie farthest first",
            [
              .text("host"), .text("farthest"), .number("value"), .number("median of all"),
              .number("ratio"), .number("score"), .number("outlying"), .text("what else differs"),
            ],
            shown.map { row($0.host, $0.worst, $0.count, ranking, differing) }
          )
        ),
        .figure(FleetFigure(fleet: self, ranking: ranking).figure),
      ]
    )
  }

  private func row(
    _ host: Int,
    _ worst: FleetRanking.Outlier,
    _ count: Int,
    _ ranking: FleetRanking,
    _ differing: [String]
  ) -> [String] {
    let judged = ranking.metrics[worst.metric]
    // Said of most hosts, a fact explains no outlier.
    let unusual = differing.compactMap { name -> String? in
      guard let fact = facts[name], let value = fact.value(of: host),
        let usual = fact.groups.first?.value, usual != value
      else { return nil }
      return "\(name) \(value), not \(usual)"
    }
    return [
      hosts[host], judged.metric.name, judged.metric.unit.text(worst.value),
      judged.metric.unit.text(judged.scale.median),
      judged.scale.median > 0
        ? FixedPoint.text(worst.value / judged.scale.median, decimals: 2) : "-",
      Fleet.text(score: worst.score), "\(count) of \(ranking.metrics.count)",
      unusual.isEmpty ? "nothing" : unusual.joined(separator: "; "),
    ]
  }

  static func text(score: Double) -> String {
    guard abs(score) < 1000 else { return score > 0 ? "over 1000" : "under -1000" }
    return (score > 0 ? "+" : "") + FixedPoint.text(score, decimals: 1)
  }
}
