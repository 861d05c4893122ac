import Fixtures
import HostMemory
import Verbs

extension ProtectionDomain {
  /// Registers `range` and deregisters it.
  func cycle(_ range: AddressRange) throws(VerbsError) {
    try MemoryRegion(in: self, range: range, access: .full).deregister()
  }
}
