import Glibc
import Testing

@testable import HostMemory

@Suite struct `The pinned memory of processes` {
  private func parse(_ text: String) -> PinnedProcess? {
    PinnedProcess(pid: 7, parsing: Array(text.utf8)[...])
  }

  @Test func `is read from two lines of a status file, in bytes`() throws {
    let process = try #require(
      parse(
        "Name:\tVmPin:\nVmPeak:\t  99 kB\nVmLck:\t      64 kB\nVmPin:\t    1024 kB\nVmHWM:\t 5 kB\n"
      )
    )
    #expect(process.pid == 7)
    #expect(process.locked == 65536)
    #expect(process.pinned == 1_048_576)
  }

  @Test(arguments: ["", "Name:\tkthreadd\nTgid:\t2\n", "VmPin:\t5 kB", "VmPin:\nVmLck:\n"])
  func `is none for kernel threads and damaged texts`(text: String) {
    #expect(parse(text) == nil)
  }

  @Test func `agrees with this process's own status`() throws {
    let own = try #require(PinnedProcess.all().first { $0.pid == getpid() })
    #expect(own.locked == (try ProcessStatus().locked))
  }
}
