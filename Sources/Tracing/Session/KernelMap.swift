internal import CLinux
import Glibc
import LinuxSystem

/// A map that programs in the kernel share with this process.
final class KernelMap {
  enum Kind: Int32 {
    case array = 1
    case hash = 2
    case ring = 3
  }

  let descriptor: Int32

  init(_ kind: Kind, key: Int = 0, value: Int = 0, entries: UInt32) throws(SystemError) {
    var made: Int32 = -1
    let code = unsafe clinux_bpf_map(
      kind.rawValue,
      UInt32(key),
      UInt32(value),
      entries,
      &made
    )
    try SystemError.check("make a map for tracing", code)
    descriptor = made
  }

  deinit { close(descriptor) }

  /// The value of `key` as words of 64 bits.
  func words(_ key: UInt32, count: Int) -> [UInt64] {
    var key = key
    var value = [UInt64](repeating: 0, count: count)
    let code = unsafe clinux_bpf_map_get(descriptor, &key, &value)
    return code == 0 ? value : [UInt64](repeating: 0, count: count)
  }

  /// Adds `key` with a value of one byte.
  func insert(_ key: UInt32) throws(SystemError) {
    var key = key
    var value: UInt8 = 1
    let code = unsafe clinux_bpf_map_set(descriptor, &key, &value)
    try SystemError.check("name a process to trace", code)
  }
}
