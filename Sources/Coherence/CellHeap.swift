internal import CFixtures
import Fixtures
import Glibc
import LinuxSystem

/// A large block of the C library's heap, which it takes by brk(2), at the end of the heap.
final class CellHeap {
  private static let length = Int(CellMemory.length + CellMemory.huge)
  private let block: UInt64

  /// Takes a block; the allocator maps none by itself, and gives free memory at the heap's end back or keeps it.
  ///
  /// What is allocated meanwhile comes from a cushion, so that the block stays at the end; what is before the block
  /// stays taken, or the next one would begin there.
  init(trimming: Bool) throws(SystemError) {
    fixtures_tune_heap(32 << 20, trimming ? 128 << 10 : .max)
    let cushion = try CellHeap.take(1 << 20)
    _ = try CellHeap.take(1 << 20)
    block = try CellHeap.take(CellHeap.length)
    unsafe free(Area.pointer(cushion))
  }

  /// Where the block has room from a huge page's border on.
  var start: UInt64 { (block + CellMemory.huge - 1) / CellMemory.huge * CellMemory.huge }

  /// Frees the block and takes one of the same size; skips where it is another.
  func renew() throws {
    unsafe free(Area.pointer(block))
    guard try CellHeap.take(CellHeap.length) == block else {
      throw Skip("the allocator gave another block")
    }
  }

  private static func take(_ length: Int) throws(SystemError) -> UInt64 {
    guard let block = unsafe malloc(length) else {
      throw SystemError("allocate \(length) bytes", code: .ENOMEM)
    }
    return UInt64(UInt(bitPattern: block))
  }
}
