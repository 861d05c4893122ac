import Foundation
import Glibc
import LinuxSystem
import Testing

@testable import HostMemory

@Suite struct `The pinned memory of processes` {
  private func parse(_ text: String) -> PinnedProcess? {
    PinnedProcess(pid: 7, parsing: text.utf8.span)
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

  // As `seq_put_decimal_ull_width()` prints -16 pages.
  private static let below = "VmLck:\t       0 kB\nVmPin:\t18446744073709551552 kB\nVmHWM:\t 5 kB\n"

  @Test func `is below zero where the kernel uncharged more than it charged`() throws {
    #expect(parse(Self.below)?.pinned == -65536)
    #expect(ProcessStatus(parsing: Self.below).pinned == -65536)
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(Self.below.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try PinCounter(reading: file.path).pages == -16)
  }

  @Test(arguments: ["18446744073709551615", "9223372036854775807", "9223372036854775808"])
  func `never traps`(number: String) throws {
    let process = try #require(parse("VmPin:\t\(number) kB\nVmLck:\t\(number) kB\n"))
    let status = ProcessStatus(parsing: "VmPin:\t\(number) kB\nVmLck:\t\(number) kB\n")
    #expect(process.pinned == status.pinned && process.locked == status.locked)
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
