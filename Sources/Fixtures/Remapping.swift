internal import CFixtures
package import HostMemory
package import LinuxSystem

/// The flags of `mremap(2)`, which Glibc's module hides.
package struct RemapFlags: OptionSet, Sendable {
  package let rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The mapping may get another address (`MREMAP_MAYMOVE`).
  package static let mayMove = RemapFlags(rawValue: Int32(FIXTURES_REMAP_MAY_MOVE))
  /// The mapping goes where it is told, in place of what is there (`MREMAP_FIXED`).
  package static let fixed = RemapFlags(rawValue: Int32(FIXTURES_REMAP_FIXED))
  /// The old addresses stay mapped, without their pages (`MREMAP_DONTUNMAP`).
  package static let dontUnmap = RemapFlags(rawValue: Int32(FIXTURES_REMAP_DONT_UNMAP))
}

extension AddressRange {
  /// Moves the mapping or changes its length (`mremap(2)`): the address it has then.
  package func remap(
    to newLength: UInt64? = nil,
    _ flags: RemapFlags = [],
    at target: UInt64 = 0
  ) -> Result<UInt64, Errno> {
    var moved: UInt64 = 0
    let status = unsafe fixtures_remap(
      start,
      length,
      newLength ?? length,
      flags.rawValue,
      target,
      &moved
    )
    return Errno(status: status).map { .failure($0) } ?? .success(moved)
  }

  /// Moves the mapping to `target`, in place of what is there; the errno, `nil` where it works.
  package func move(to target: UInt64) -> Errno? {
    guard case .failure(let code) = remap([.mayMove, .fixed], at: target) else { return nil }
    return code
  }
}
