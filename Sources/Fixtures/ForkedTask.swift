internal import CFixtures
import Glibc
package import LinuxSystem

/// What a forked process does before it exits; only for a caller with one thread.
package final class ForkedTask {
  private let body: () throws -> Void

  package init(_ body: @escaping () throws -> Void) { self.body = body }

  /// Forks; the child exits with 0, or with 1 and a line on standard error where the body throws.
  ///
  /// With `output`, the child leads a process group of its own and writes there.
  package func fork(output: Int32? = nil) throws(SystemError) -> Int32 {
    var pid: Int32 = 0
    let code = unsafe fixtures_fork(
      { raw in
        guard let raw = unsafe raw else { return 127 }
        return unsafe Unmanaged<ForkedTask>.fromOpaque(raw).takeUnretainedValue().run()
      },
      Unmanaged.passUnretained(self).toOpaque(),
      output ?? -1,
      &pid
    )
    try SystemError.check("fork", code)
    return pid
  }

  private func run() -> Int32 {
    do {
      try body()
      return 0
    } catch {
      OutputLine.write("child of a check: \(error)\n", to: STDERR_FILENO)
      return 1
    }
  }
}

/// Lines to descriptors.
package enum OutputLine {
  package static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes[written...]
        .withUnsafeBytes {
          unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
      guard count > 0 else { return }
      written += count
    }
  }
}
