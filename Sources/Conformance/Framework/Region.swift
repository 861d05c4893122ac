import Fixtures
import HostMemory
import LinuxSystem
import Verbs

/// A registered region that a check can keep in arrays and release when it likes.
final class Region {
  let range: AddressRange
  let lkey: UInt32
  let rkey: UInt32
  private var region: MemoryRegion?
  private let context: CheckContext

  init(_ region: consuming MemoryRegion, _ range: AddressRange, of context: CheckContext) {
    lkey = region.lkey
    rkey = region.rkey
    self.region = consume region
    self.range = range
    self.context = context
  }

  /// Deregisters the region; a second call does nothing.
  func release() throws(VerbsError) {
    if context.sabotage == .suppressedRelease {
      context.withhold(self)
      return
    }
    guard let region = region.take() else { return }
    try region.deregister()
  }

  /// Changes the region in place; the errno, `nil` where it works.
  func reregister(_ change: RegionChange) -> Errno? {
    context.seen(VerbsError.code { () throws(VerbsError) in _ = try region?.reregister(change) })
  }

  /// The errno of deregistering, `nil` where it works.
  func releaseResult() -> Errno? {
    context.seen(VerbsError.code { () throws(VerbsError) in try release() })
  }
}
