import Conformance
import HostMemory
import Testing

@Suite struct `The table of rdma-core's cases` {
  /// The rows that begin with a case: its cells without the spaces around them.
  private static func rows() throws -> [[String]] {
    try TextFile.read(root + "docs/rdma-core-cases.md").split(separator: "\n")
      .filter { $0.hasPrefix("| `test_") }
      .map { line in
        line.split(separator: "|", omittingEmptySubsequences: false)
          .map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }
          .map { String($0) }
      }
  }

  private static let root = String(
    #filePath.dropLast("Tests/ConformanceTests/CaseTableTests.swift".count)
  )

  /// What stands between pairs of `mark`.
  private static func words(_ text: String, between mark: Character) -> [String] {
    let parts = text.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
    return parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
  }

  @Test func `names every case once, and each has a check, a test or a reason`() throws {
    let rows = try Self.rows()
    let cases = rows.flatMap { Self.words($0[1], between: "`") }
    #expect(Set(cases).count == cases.count)
    #expect(cases.count == 124)
    for row in rows {
      #expect(row.count == 5, "\(row)")
      #expect(!row[2].isEmpty || row[3].count > 10, "\(row)")
    }
  }

  @Test func `names only checks of the catalogue`() throws {
    let known = Set(Catalogue.checks.map(\.name))
    let groups = Set(Catalogue.checks.map(\.group))
    let rows = try Self.rows()
    let shown = rows.flatMap { Self.words($0[2], between: "`") }
    let remarked = rows.flatMap { Self.words($0[3], between: "`") }
      .filter { groups.contains(String($0.prefix { $0 != "." })) }
    #expect(Set(shown).count > 40)
    for name in shown + remarked { #expect(known.contains(name), "\(name)") }
  }

  @Test func `names only tests of this repository`() throws {
    let tests = try ["IntegrationTests/", "VerbsTests/"]
      .flatMap { folder in
        let path = Self.root + "Tests/" + folder
        return try Directory.names(in: path).map { try TextFile.read(path + $0) }
      }
    let names = try Self.rows().flatMap { Self.words($0[2], between: "*") }
    #expect(!names.isEmpty)
    for name in names { #expect(tests.contains { $0.contains("func `\(name)`") }, "\(name)") }
  }
}
