import Glibc
import LinuxSystem

/// A fresh directory under $TMPDIR or /tmp, removed with the object; what is mounted there must be gone then.
final class TemporaryDirectory {
  let path: String
  private let record: StagingRecord

  init() throws {
    var base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    // A record has a line for a path.
    if base.printable != base { base = "/tmp" }
    let name = "memreg-check-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    path = "\(base)/\(name)"
    record = try StagingRecord(name)
    try record.add(.removeDirectory(path))
    _ = try SystemError.check(
      "make a directory in \(base)",
      result: unsafe mkdir(path, 0o700)
    )
  }
}
