import LinuxSystem
import Testing

@Suite struct `The README's program` {
  @Test func `is the snippet that is built and run`() throws {
    let top = String(#filePath.dropLast("Tests/IntegrationTests/ReadmeTests.swift".count))
    let readme = try TextFile.read(top + "README.md")
    let snippet = try TextFile.read(top + "Snippets/RegisterABuffer.swift")
    #expect(readme.contains("```swift\n\(snippet)```\n"))
  }

  @Test(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
  func `registers a buffer and gives it back`() async throws {
    let result = try await Memreg.shell("exec .build/debug/RegisterABuffer")
    #expect(result.status == 0, "\(result.error)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasSuffix(", 1048576 bytes pinned") == true)
    #expect(lines.last == "released 1048576 bytes")
  }
}
