import Conformance
import LinuxSystem
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
    let shown = try Self.rows().flatMap { Self.words($0[2], between: "`") }
    #expect(Set(shown).count > 40)
    for name in shown { #expect(known.contains(name), "\(name)") }
  }

  @Test func `names no check that is missing, nor does any other document`() throws {
    let known = Set(Catalogue.checks.map(\.name))
    let groups = Set(Catalogue.checks.map { $0.group + "." })
    var named = 0
    for document in Directory.names(in: Self.root + "docs") where document.hasSuffix(".md") {
      let words = Self.words(try TextFile.read(Self.root + "docs/" + document), between: "`")
      for word in words where groups.contains(where: word.hasPrefix) {
        guard word.allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "." || $0 == "-" }) else {
          continue
        }
        named += 1
        #expect(known.contains(word), "\(document): \(word)")
      }
    }
    #expect(named > 80)
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
