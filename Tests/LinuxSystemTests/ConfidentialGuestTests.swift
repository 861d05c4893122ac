import Foundation
import LinuxSystem
import Testing

// No machine that tests run on is one: emulation has neither TDX nor SEV.
@Suite struct `A confidential guest` {
  private func guest(_ path: String, _ text: String) throws -> ConfidentialGuest? {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    let file = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
    return ConfidentialGuest(below: root.path)
  }

  @Test(
    arguments: [
      ("sys/devices/virtual/misc/tdx_guest/dev", "10:1", "Intel TDX"),
      ("proc/cpuinfo", "processor: 0\nflags\t\t: fpu tdx_guest sse\n", "Intel TDX"),
      ("sys/devices/platform/sev-guest/uevent", "", "AMD SEV-SNP"),
      ("sys/firmware/uv/prot_virt_guest", "1\n", "IBM Secure Execution"),
    ]
  )
  func `is told by what the kernel shows`(path: String, text: String, technology: String) throws {
    #expect(try guest(path, text)?.technology == technology)
  }

  @Test(
    arguments: [
      ("proc/cpuinfo", "flags : fpu sev sev_es tdx_host_platform\n"),
      ("sys/firmware/uv/prot_virt_guest", "0\n"),
    ]
  )
  func `is no host that can run one`(path: String, text: String) throws {
    #expect(try guest(path, text) == nil)
  }
}
