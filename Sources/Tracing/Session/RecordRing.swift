internal import CLinux
import LinuxSystem

/// The records that programs have sent and nobody has read.
@safe
final class RecordRing {
  private let raw: OpaquePointer
  private var buffer: [UInt64]

  init(_ map: KernelMap, size: Int, recordSize: Int) throws(SystemError) {
    var opened: OpaquePointer?
    let code = unsafe clinux_bpf_ring_open(map.descriptor, size, &opened)
    try SystemError.check("map the records of a trace", code)
    guard let opened = unsafe opened else {
      throw SystemError("map the records of a trace", code: .ENOMEM)
    }
    unsafe raw = opened
    buffer = [UInt64](repeating: 0, count: recordSize / 8)
  }

  deinit { unsafe clinux_bpf_ring_close(raw) }

  /// Takes the next record, as words of 64 bits; `nil` if there is none.
  func take() -> [UInt64]? {
    let length = unsafe clinux_bpf_ring_take(raw, &buffer, buffer.count * 8)
    return length > 0 ? Array(buffer.prefix(length / 8)) : nil
  }
}
