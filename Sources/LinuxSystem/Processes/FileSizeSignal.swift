import Glibc

/// SIGXFSZ, which ends a process whose file would outgrow `ulimit -f`.
package enum FileSizeSignal {
  /// Makes `write(2)` fail with EFBIG instead. Programs that are started have the signal as this one had it: unlike what
  /// is ignored, a handler ends with `execve(2)`.
  package static func makeError() { SignalHandler.set(for: SIGXFSZ) { _ in } }
}
