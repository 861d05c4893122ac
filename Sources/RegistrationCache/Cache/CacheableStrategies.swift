public import HostMemory
public import MemoryRegistration
public import Verbs

extension VerbsStrategy: CacheableStrategy {
  /// Takes up a region of this domain.
  public func adopt(
    _ handle: UInt64,
    _ range: AddressRange,
    access: AccessFlags
  ) -> Registration {
    let region = MemoryRegion(adopting: handle, range, in: domain)
    return Registration(kind, range, access, region: region)
  }
}

extension IOUringStrategy: CacheableStrategy {
  /// Takes up a buffer with its ring.
  public func adopt(
    _ handle: UInt64,
    _ range: AddressRange,
    access: AccessFlags
  ) -> Registration {
    Registration(range, access, buffer: FixedBuffer(adopting: handle))
  }
}

extension Ledgered: CacheableStrategy where Strategy: CacheableStrategy {
  /// Takes up a registration together with its charge in the ledger.
  public func adopt(
    _ handle: UInt64,
    _ range: AddressRange,
    access: AccessFlags
  ) -> Registration {
    var registration = strategy.adopt(handle, range, access: access)
    registration.carry(PinCharge(transferred: chargedPages(for: range), of: ledger, share))
    return registration
  }
}
