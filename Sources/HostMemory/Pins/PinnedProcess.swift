import Glibc
import LinuxSystem

/// What /proc/PID/status says of a process's pinned and locked memory, read without parsing the rest.
public struct PinnedProcess: Equatable, Sendable {
  /// The process id.
  public let pid: Int32
  /// Bytes pinned (`VmPin`).
  public let pinned: Int64
  /// Bytes locked (`VmLck`).
  public let locked: UInt64

  /// All processes that have memory of their own, ascending; costs about 20 µs each, most of it the kernel's.
  public static func all() -> [PinnedProcess] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return ProcessList.all().compactMap { PinnedProcess(pid: $0, &buffer) }
  }

  /// Reads one process through `buffer`; `nil` where it is gone or has no memory, as kernel threads.
  private init?(pid: Int32, _ buffer: inout [UInt8]) {
    let descriptor = unsafe open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let count = unsafe read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    self.init(pid: pid, parsing: buffer.span.extracting(first: count))
  }

  /// Finds both lines in the text of a status file; `nil` where one is missing.
  init?(pid: Int32, parsing text: Span<UInt8>) {
    guard let pinned = VmPin.bytes(in: text), let locked = VmPin.lockedBytes(in: text) else {
      return nil
    }
    (self.pid, self.pinned, self.locked) = (pid, pinned, locked)
  }
}
