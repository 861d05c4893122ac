import LinuxSystem
import MemoryRegistration

extension Explainer {
  /// EMFILE: every ring of io_uring is a file, and so is what a device is opened by.
  func explainOpenFiles(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard let limit = try? OpenFiles(ofProcess: pid ?? 0) else { return nil }
    let what = attempt.strategy == .ioUring ? "buffers registered" : "files open"
    let fewer = "or have fewer \(what) at a time"
    return FailureExplanation(
      .openFiles,
      "the process may have \(limit.soft) files open (RLIMIT_NOFILE)"
        + (attempt.strategy == .ioUring
          ? ", and every buffer that io_uring registers takes one" : ""),
      evidence: ["RLIMIT_NOFILE: soft \(limit.soft), hard \(limit.hard)"],
      remedy: (limit.soft < limit.hard
        ? "ulimit -n \(limit.hard)    # "
        : "ulimit -n \(limit.hard.multiplied(clamped: 4))    # as root; for good, raise LimitNOFILE= of the unit or "
          + "nofile in limits.conf; ") + fewer
    )
  }

  /// ENFILE, which the whole system's table says.
  func explainSystemFiles() -> FailureExplanation {
    let most = TextFile.firstLine("/proc/sys/fs/file-max").flatMap { UInt64($0) }
    return FailureExplanation(
      .openFiles,
      "the system has as many files open as fs.file-max allows"
        + (most.map { ", \($0)" } ?? ""),
      evidence: TextFile.firstLine("/proc/sys/fs/file-nr").map { ["fs.file-nr = \($0)"] } ?? [],
      remedy: "sysctl fs.file-max=\((most ?? 1 << 20).multiplied(clamped: 2))    # as root"
    )
  }
}
