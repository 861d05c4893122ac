package import Fixtures
import Glibc
package import HostMemory
package import LinuxSystem

/// Calls that change the mappings of a range without owning it.
package struct CellRange {
  package let range: AddressRange

  package init(range: AddressRange) { self.range = range }

  private var start: UnsafeMutableRawPointer? { unsafe Area.pointer(range.start) }

  package func unmap() throws(SystemError) {
    let (result, code) = unsafe (munmap(start, Int(range.length)), Errno.current)
    guard result == 0 else { throw SystemError("unmap memory of a cell", code: code) }
  }

  package func protect(_ protection: Area.Protection) throws(SystemError) {
    let (result, code) = unsafe (mprotect(start, Int(range.length), protection.bits), Errno.current)
    guard result == 0 else { throw SystemError("protect memory of a cell", code: code) }
  }

  /// The errno of `madvise(2)`, `nil` where it succeeds.
  package func advise(_ advice: Area.Advice) -> Errno? {
    let (result, code) = unsafe (madvise(start, Int(range.length), advice.rawValue), Errno.current)
    return result == 0 ? nil : code
  }
}
