internal import CVerbs
import Glibc
public import HostMemory
import LinuxSystem

/// Bytes of a region that a work request reads or fills on this side; it cannot outlive the region it borrows.
public struct RegionSlice: ~Escapable {
  /// The addresses, all inside the region.
  public let range: AddressRange
  let lkey: UInt32

  @_lifetime(borrow region)
  init(
    _ range: AddressRange,
    of region: borrowing MemoryRegion,
    for verb: StaticString
  ) throws(VerbsError) {
    let whole = region.range
    let offset = range.start &- whole.start
    guard range.start >= whole.start, offset <= whole.length,
      range.length <= whole.length - offset, range.length <= UInt64(UInt32.max)
    else { throw VerbsError(verb.description, code: .ERANGE) }
    self.range = range
    lkey = region.lkey
  }

  /// Names any addresses by any key in place of the region's own, to see that the device refuses them.
  @_lifetime(borrow region)
  package init(
    unchecked range: AddressRange,
    lkey: UInt32? = nil,
    of region: borrowing MemoryRegion
  ) {
    self.range = range
    self.lkey = lkey ?? region.lkey
  }

  /// The entry of a gather or scatter list.
  var element: ibv_sge {
    ibv_sge(addr: range.start, length: UInt32(range.length), lkey: lkey)
  }
}

extension MemoryRegion {
  /// Names `range` of this region for a work request; throws ERANGE where a byte of it is outside, or beyond 4 GiB - 1 bytes.
  @_lifetime(borrow self)
  public borrowing func slice(_ range: AddressRange) throws(VerbsError) -> RegionSlice {
    try RegionSlice(range, of: self, for: "ibv_post_send")
  }
}
