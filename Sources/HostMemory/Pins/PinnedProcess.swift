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
    self.init(pid: pid, parsing: buffer[..<count])
  }

  /// Finds both lines in the text of a status file; `nil` where one is missing.
  init?(pid: Int32, parsing text: ArraySlice<UInt8>) {
    guard let pinned = PinnedProcess.kibibytes("VmPin:", in: text),
      let locked = PinnedProcess.kibibytes("VmLck:", in: text)
    else { return nil }
    self.pid = pid
    self.pinned = VmPin.bytes(kibibytes: pinned)
    self.locked = UInt64(clamping: VmPin.bytes(kibibytes: locked))
  }

  private static func kibibytes(_ key: String, in text: ArraySlice<UInt8>) -> UInt64? {
    var rest = text
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      if rest.starts(with: key.utf8) {
        var value: UInt64?
        for byte in rest[..<end].dropFirst(key.utf8.count) {
          let digit = byte &- UInt8(ascii: "0")
          if digit < 10 {
            value = (value ?? 0) &* 10 &+ UInt64(digit)
          } else if value != nil {
            break
          }
        }
        return value
      }
      rest = rest[end...].dropFirst()
    }
    return nil
  }
}
