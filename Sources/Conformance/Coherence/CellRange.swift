import Glibc
import HostMemory

/// Calls that change the mappings of a range without owning it.
struct CellRange {
  let range: AddressRange

  private var start: UnsafeMutableRawPointer? { unsafe Area.pointer(range.start) }

  func unmap() throws(SystemError) {
    let (result, code) = unsafe (munmap(start, Int(range.length)), errno)
    guard result == 0 else { throw SystemError("unmap memory of a cell", code: code) }
  }

  func protect(_ protection: Area.Protection) throws(SystemError) {
    let (result, code) = unsafe (mprotect(start, Int(range.length), protection.bits), errno)
    guard result == 0 else { throw SystemError("protect memory of a cell", code: code) }
  }

  /// The errno of `madvise(2)`, 0 where it succeeds.
  func advise(_ advice: Area.Advice) -> Int32 {
    let (result, code) = unsafe (madvise(start, Int(range.length), advice.rawValue), errno)
    return result == 0 ? 0 : code
  }
}
