import Testing

@testable import Report

@Suite struct `A fleet` {
  private func fleet(_ documents: [ReportDocument]) -> Fleet {
    var fleet = Fleet()
    documents.forEach { fleet.add($0) }
    return fleet
  }

  private func ten(base: (Int) -> UInt64, kernel: (Int) -> String = { _ in "6.12" }) throws -> Fleet
  {
    fleet(
      try (0..<10)
        .map { try Invented.bench(host: "node0\($0)", kernel: kernel($0), base: base($0)) }
    )
  }

  @Test func `of equal hosts has no outlier and no difference`() throws {
    let markdown = try ten { _ in 20_000 }.page.markdown
    #expect(markdown.contains("Nothing: all hosts say the same."))
    #expect(markdown.contains("## Outliers\n\nNone."))
    #expect(markdown.contains("| kernel | 6.12 | 10 |"))
  }

  @Test func `ranks the host that lies farthest first, with what is unusual about it`() throws {
    let fleet = try ten(
      base: { $0 == 3 ? 60_000 : $0 == 7 ? 30_000 : 20_000 + UInt64($0) * 10 },
      kernel: { $0 == 3 ? "5.10" : "6.12" }
    )
    let ranking = FleetRanking(fleet)
    #expect(ranking.hosts.map { fleet.hosts[$0.host] } == ["node03", "node07"])
    #expect(ranking.hosts.map(\.count) == [6, 6])
    let rows = fleet.page.markdown.split(separator: "\n").filter { $0.hasPrefix("| node0") }
    #expect(rows.count == 2)
    #expect(rows[0].hasSuffix("| 6 of 6 | kernel 5.10, not 6.12 |"))
    #expect(rows[1].hasSuffix("| 6 of 6 | nothing |"))
  }

  @Test func `says which hosts differ, and how`() throws {
    let markdown = try ten(base: { _ in 20_000 }, kernel: { $0 < 2 || $0 == 8 ? "6.1" : "6.12" })
      .page.markdown
    #expect(markdown.contains("| kernel | 6.12 | 7 | node\\[02-07,09\\] |"))
    #expect(markdown.contains("| kernel | 6.1 | 3 | node\\[00-01,08\\] |"))
  }

  @Test func `takes the median of a host's documents`() throws {
    let tasks = try [20_000, 90_000, 20_000].map { try Invented.bench(host: "node00", base: $0) }
    let others = try (1..<8).map { try Invented.bench(host: "node0\($0)", base: 20_000) }
    #expect(FleetRanking(fleet(tasks + others)).hosts.isEmpty)
  }

  @Test func `compares limits and verdicts of checks`() throws {
    let limits = try [(1, "8388608"), (2, "null")]
      .map { host, soft in
        try Invented.document(
          """
          {"schema":"memreg.limits/1","host":"n\(host)","kernel":"6.12","limit_binds":true,
          "memlock":{"soft_bytes":\(soft)},"origin":{"kind":"login"},"pinned_bytes":0}
          """
        )
      }
    let markdown = fleet(limits).page.markdown
    #expect(markdown.contains("| memlock limit | 8 MiB | 1 | n1 |"))
    #expect(markdown.contains("| memlock limit | unlimited | 1 | n2 |"))
    #expect(markdown.contains("| origin of the limit | login | 2 |"))
  }

  @Test func `finds memory that one process alone has pinned`() throws {
    let documents = try (0..<9)
      .map { host in
        try Invented.document(
          """
          {"schema":"memreg.limits/1","host":"n\(host)","pinned_bytes":\(host == 4 ? 1 << 30 : 0)}
          """
        )
      }
    #expect(
      fleet(documents).page.markdown
        .contains(
          "| n4 | pinned by the process | 1 GiB | 0 B | - | over 1000 | 1 of 1 | nothing |"
        )
    )
  }
}

@Suite struct `A list of hosts` {
  @Test(
    arguments: [
      (["node3", "node1", "node2"], "node[1-3]"),
      (["n01", "n02", "n1"], "n1,n[01-02]"),
      (["n8", "n9", "n10", "n12"], "n[8-10,12]"),
      (["login", "n7"], "login,n7"),
      (["n7", "n7"], "n7"),
      (["r1c2", "r1c3", "r2c2"], "r1c[2-3],r2c2"),
    ] as [([String], String)]
  )
  func `is as short as schedulers write it`(names: [String], text: String) {
    #expect(HostList.text(names) == text)
  }

  @Test func `is cut with the number of those that are left out`() {
    let names = ["a", "b", "c", "d"].map { String(repeating: $0, count: 10) }
    #expect(HostList.text(names, limit: 25) == "aaaaaaaaaa,bbbbbbbbbb and 2 more")
  }
}
