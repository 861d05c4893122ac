import Glibc
package import HostMemory
import LinuxSystem

/// The stack of the calling thread.
package enum ThreadStack {
  /// Four pages below the current frame's page, which the main thread's stack has long grown past.
  package static var middle: AddressRange {
    var here: UInt64 = 0
    let address = unsafe withUnsafeMutablePointer(to: &here) { UInt64(UInt(bitPattern: $0)) }
    return AddressRange(start: address & ~(Area.page - 1), length: Area.page)
  }
}

/// A block of the C library's heap.
@safe
package final class HeapBlock {
  private let start: UnsafeMutableRawPointer?
  package let range: AddressRange

  package init(bytes: Int) {
    unsafe start = malloc(bytes)
    range = unsafe AddressRange(start: UInt64(UInt(bitPattern: start)), length: UInt64(bytes))
  }

  deinit { unsafe free(start) }
}

/// Mappings that the kernel or the loader made, found by their line in /proc/self/maps.
package enum OwnMapping {
  /// The first page of the first mapping whose line passes `test`.
  package static func firstPage(_ test: (Substring) -> Bool) throws -> AddressRange? {
    for line in try TextFile.read("/proc/self/maps").split(separator: "\n") where test(line) {
      let bounds = line.prefix { $0 != " " }.split(separator: "-")
      guard let start = bounds.first.flatMap({ UInt64($0, radix: 16) }) else { continue }
      return AddressRange(start: start, length: Area.page)
    }
    return nil
  }
}
