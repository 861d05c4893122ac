import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

/// The memory of a cell as the device knows it.
final class CellRegistration {
  let access: AccessFlags
  /// Whether the device may write, which a shared file on a kernel since 6.5 does not let it.
  var isWritable: Bool { access.contains(.remoteWrite) }

  private var window: MemoryWindow?
  private var region: MemoryRegion?
  private var cache: RegistrationCache?
  private var lent: CachedRegion?

  init(
    _ kind: CoherenceRegistration,
    of memory: CellMemory,
    on device: borrowing CellDevice
  ) throws {
    var wanted = AccessFlags.full
    if kind == .odp { wanted.insert(.onDemand) }
    if kind == .window { wanted.insert(.windowBind) }
    access =
      kind == .pinned || kind == .cache
      ? try CellRegistration.granted(memory, wanted, device) : wanted
    guard kind != .cache else {
      cache = try CellRegistration.cache(memory, access, device.domain)
      return
    }
    let region = try CellRegistration.register(memory, access, device)
    if kind == .window {
      var window = try MemoryWindow(in: device.domain, kind: .type2)
      try device.bind(&window, to: region)
      self.window = consume window
    }
    self.region = consume region
  }

  /// The key that RDMA uses for a probe; a cache is asked for it each time, and throws where it lends nothing.
  func key(for probe: AddressRange) throws(CacheError) -> UInt32 {
    if let cache {
      lent = nil
      lent = try cache.get(probe, access: access)
    }
    return lent?.rkey ?? window?.rkey ?? region?.rkey ?? 0
  }

  /// A cache that knows each probe by a region of its own and all of the memory by another.
  private static func cache(
    _ memory: CellMemory,
    _ access: AccessFlags,
    _ domain: ProtectionDomain
  ) throws -> RegistrationCache {
    try Skip.whereUnmonitored { () throws(CacheError) in
      let cache = try RegistrationCache(of: VerbsStrategy(in: domain))
      for offset in memory.probes {
        try cache.get(memory.probe(offset), access: access).put()
      }
      try cache.get(memory.range, access: access).put()
      return cache
    }
  }

  /// `wanted`, or reading only where the kernel refuses to pin the memory for writing; found by trying.
  private static func granted(
    _ memory: CellMemory,
    _ wanted: AccessFlags,
    _ device: borrowing CellDevice
  ) throws(VerbsError) -> AccessFlags {
    do {
      try register(memory, wanted, device).deregister()
      return wanted
    } catch {
      guard error.code == .EFAULT else { throw error }
      return .remoteRead
    }
  }

  private static func register(
    _ memory: CellMemory,
    _ access: AccessFlags,
    _ device: borrowing CellDevice
  ) throws(VerbsError) -> MemoryRegion {
    let range = memory.range
    return try MemoryRegion(in: device.domain, range: range, access: access)
  }
}
