import Fixtures
import Glibc
package import HostMemory
package import LinuxSystem

/// What the CPU sees at an address, without a signal where it sees nothing: bytes go through a pipe, and the
/// kernel's copy fails with EFAULT.
package final class ProcessorView {
  private let input: Int32
  private let output: Int32

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (pipe(&ends), Errno.current)
    guard result == 0 else { throw SystemError("make a pipe", code: code) }
    (input, output) = (ends[0], ends[1])
  }

  /// The bytes of `range`, at most 4096, or `nil` where they cannot be read.
  package func read(_ range: AddressRange) -> [UInt8]? {
    let count = Int(range.length)
    guard unsafe write(output, Area.pointer(range.start), count) == count else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    guard unsafe Glibc.read(input, &bytes, count) == count else { return nil }
    // Changed in another way than a device's bytes are, or the two would agree.
    return Sabotage.active == .wrongBytes ? bytes.map { $0 ^ 0x40 } : bytes
  }

  /// Writes at most 4096 bytes from `address` on; false where they cannot be written.
  package func write(_ bytes: [UInt8], at address: UInt64) -> Bool {
    guard unsafe write(output, bytes, bytes.count) == bytes.count else { return false }
    if unsafe Glibc.read(input, Area.pointer(address), bytes.count) == bytes.count { return true }
    // The bytes are still in the pipe, and must not be taken for the next ones.
    var rest = [UInt8](repeating: 0, count: bytes.count)
    _ = unsafe Glibc.read(input, &rest, rest.count)
    return false
  }

  private func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe Glibc.write(descriptor, bytes, count)
  }

  deinit {
    close(input)
    close(output)
  }
}
