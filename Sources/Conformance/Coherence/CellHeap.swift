internal import CLinux
import Glibc
import HostMemory

/// Large blocks of the C library's heap that it takes by brk(2), at the end of the heap.
enum CellHeap {
  /// Prepares the allocator: no block is mapped by itself, and free memory at the end of the heap is given back or kept.
  static func prepare(trimming: Bool) {
    clinux_tune_heap(32 << 20, trimming ? 128 << 10 : .max)
  }

  /// A block of the size and alignment that cells need.
  static func block() throws(SystemError) -> UInt64 {
    var block: UnsafeMutableRawPointer?
    let code = unsafe posix_memalign(&block, Int(CellMemory.huge), Int(CellMemory.length))
    guard code == 0, let block = unsafe block else {
      throw SystemError("allocate \(CellMemory.length) bytes", code: code)
    }
    return UInt64(UInt(bitPattern: block))
  }
}
