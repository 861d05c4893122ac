import Glibc
import HostMemory
import Verbs

/// The memory of a cell as the device knows it.
final class CellRegistration {
  /// The key that RDMA uses.
  let key: UInt32
  let access: AccessFlags
  /// Whether the device may write, which a shared file on a kernel since 6.5 does not let it.
  var isWritable: Bool { access.contains(.remoteWrite) }

  private var window: MemoryWindow?
  private let region: MemoryRegion

  init(
    _ kind: CoherenceRegistration,
    of range: AddressRange,
    on device: borrowing CellDevice
  ) throws {
    let wanted: AccessFlags =
      switch kind {
      case .pinned: [.localWrite, .remoteRead, .remoteWrite]
      case .odp: [.localWrite, .remoteRead, .remoteWrite, .onDemand]
      case .window: [.localWrite, .remoteRead, .remoteWrite, .windowBind]
      }
    access = kind == .pinned ? try CellRegistration.granted(range, wanted, device) : wanted
    let region = try CellRegistration.register(range, access, device)
    if kind == .window {
      var window = try MemoryWindow(in: device.domain, kind: .type2)
      try device.bind(&window, to: region)
      key = window.rkey
      self.window = consume window
    } else {
      key = region.rkey
      window = nil
    }
    self.region = region
  }

  /// `wanted`, or reading only where the kernel refuses to pin the memory for writing; found by trying.
  private static func granted(
    _ range: AddressRange,
    _ wanted: AccessFlags,
    _ device: borrowing CellDevice
  ) throws(VerbsError) -> AccessFlags {
    do {
      try register(range, wanted, device).deregister()
      return wanted
    } catch {
      guard error.code == EFAULT else { throw error }
      return .remoteRead
    }
  }

  private static func register(
    _ range: AddressRange,
    _ access: AccessFlags,
    _ device: borrowing CellDevice
  ) throws(VerbsError) -> MemoryRegion {
    try MemoryRegion(in: device.domain, address: range.start, length: range.length, access: access)
  }
}
