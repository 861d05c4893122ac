import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `The README's example` {
  @Test func `registers a buffer and gives it back`() throws {
    let domain = try ProtectionDomain(on: DeviceContext(named: "rxe0"))
    let strategy = VerbsStrategy(in: domain).ledgered()
    let buffer = try HostBuffer(.anonymous, length: 1 << 20)
    let registered = try RegisteredBuffer(buffer, by: strategy, access: [.localWrite, .remoteRead])
    print(registered.registration.rkey ?? 0)
    #expect(try ProcessStatus().pinned == 1 << 20)
    let memory = try registered.release()
    #expect(try ProcessStatus().pinned == 0)
    #expect(memory.range.length == 1 << 20)
  }

  @Test func `is the code of this file`() throws {
    let source = try TextFile.read(#filePath)
    let readme = try TextFile.read(
      String(#filePath.dropLast("Tests/IntegrationTests/ReadmeTests.swift".count)) + "README.md"
    )
    let example = readme.split(separator: "```swift\n").dropFirst().first?.split(separator: "```")
    let lines = try #require(example?.first).split(separator: "\n")
    #expect(lines.count == 6)
    for line in lines { #expect(source.contains("    \(line)\n"), "\(line)") }
  }
}
