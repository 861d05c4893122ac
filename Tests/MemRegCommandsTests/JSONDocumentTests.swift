import Documents
import LinuxSystem
import Testing

@testable import MemRegCommands

@Suite struct `A JSON document` {
  private struct Plain: Encodable {
    let schema = "memreg.plain/1"
  }

  private struct Remote: Encodable {
    let host = "10.9.0.1"
  }

  @Test func `says which host and kernel it is from`() throws {
    #expect(
      try JSONDocument.line(Plain())
        == "{\"host\":\"\(Machine.hostName)\",\"kernel\":\"\(Machine.kernelRelease)\","
        + "\"schema\":\"memreg.plain/1\"}\n"
    )
  }

  @Test func `keeps a host of its own`() throws {
    #expect(
      try JSONDocument.line(Remote())
        == "{\"host\":\"10.9.0.1\",\"kernel\":\"\(Machine.kernelRelease)\"}\n"
    )
  }
}
