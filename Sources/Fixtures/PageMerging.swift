import Glibc
import LinuxSystem

/// Same-page merging (KSM) at work for as long as the object lives; its settings are restored then.
package final class PageMerging {
  private static let root = "/sys/kernel/mm/ksm"
  private let record: StagingRecord

  /// Starts it; skips where it was stopped with pages merged, which somebody wants left as they are.
  package init() throws {
    // First, as it restores what a process that was killed has left.
    record = try StagingRecord("same-page-merging", for: .merging)
    guard PageMerging.number("run") == 1 || PageMerging.number("pages_shared") == 0 else {
      throw Skip("same-page merging was stopped with pages merged")
    }
    for name in ["run", "pages_to_scan", "sleep_millisecs"] {
      let path = "\(PageMerging.root)/\(name)"
      guard let value = TextFile.firstLine(path) else { continue }
      // 2 takes apart what was merged meanwhile.
      if name == "run", value == "0" { try record.add(.write("2", to: path)) }
      try record.add(.write(value, to: path))
    }
    try PageMerging.set("pages_to_scan", "10000")
    try PageMerging.set("sleep_millisecs", "1")
    try PageMerging.set("run", "1")
  }

  /// Waits until all memory that may be merged was looked at so many times more, at most 10 s.
  package func scan(times: UInt64) throws {
    let end = PageMerging.number("full_scans") + times
    for _ in 0..<1000 {
      if PageMerging.number("full_scans") >= end { return }
      usleep(10_000)
    }
    throw SystemError("wait for same-page merging", code: .ETIMEDOUT)
  }

  private static func number(_ name: String) -> UInt64 {
    TextFile.firstLine("\(root)/\(name)").flatMap(UInt64.init) ?? 0
  }

  private static func set(_ name: String, _ value: String) throws(SystemError) {
    try KernelSwitch.write(value, to: "\(root)/\(name)")
  }
}
