import HostMemory
import Verbs

/// A registration of a verification's memory, which ends with the object; the memory outlives it.
final class VerificationRegion {
  let region: MemoryRegion
  /// Kept while the region is released.
  private var turn: PinTurn?
  let memory: VerificationMemory
  /// Base pages that the kernel has charged for it.
  let pages: UInt64

  init(
    _ memory: VerificationMemory,
    in domain: ProtectionDomain,
    access: AccessFlags
  ) throws {
    var charged = 0
    region = try PinTurn.take { () throws -> MemoryRegion in
      let counter = try PinCounter()
      let before = try counter.pages
      let region = try MemoryRegion(in: domain, range: memory.range, access: access)
      charged = try counter.pages - before
      return region
    }
    pages = UInt64(max(0, charged))
    self.memory = memory
  }

  deinit { turn = PinTurn() }
}
