import Glibc

/// SIGXFSZ, which ends a process whose file would outgrow `ulimit -f`.
package enum FileSizeSignal {
  /// Makes `write(2)` fail with EFBIG instead. Programs that are started have the signal as this one had it: unlike what
  /// is ignored, a handler ends with `execve(2)`.
  package static func makeError() {
    let before = signal(SIGXFSZ) { _ in }
    let ignored = unsafe unsafeBitCast(SIG_IGN, to: UInt.self)
    if unsafe unsafeBitCast(before, to: UInt.self) == ignored { _ = signal(SIGXFSZ, SIG_IGN) }
  }
}
