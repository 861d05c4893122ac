import LinuxSystem
import Verbs

/// What decides about registering on an RDMA device besides the kernel's own rules.
public struct DeviceTraits: Equatable, Sendable {
  /// The device's name.
  public let name: String
  /// Whether it is soft RoCE.
  public let isSoftRoCE: Bool
  /// The most pages of one pinned region, where the driver has such a limit of its own.
  public let mostPages: UInt64?

  /// Describes a device.
  public init(name: String, isSoftRoCE: Bool, mostPages: UInt64?) {
    self.name = name
    self.isSoftRoCE = isSoftRoCE
    self.mostPages = mostPages
  }

  /// Reads the device's directory in sysfs.
  ///
  /// Soft RoCE from 6.12 keeps 16 bytes for each page in one allocation of at most 4 MiB (`alloc_mr_page_info()`);
  /// asking for more makes that kernel warn, so the limit is known by the release and never tried.
  public init(named name: String) {
    let isSoftRoCE = Device.driver(of: name) == "rxe"
    let isLimited = isSoftRoCE && KernelRelease.running >= KernelRelease(6, 12)
    self.init(name: name, isSoftRoCE: isSoftRoCE, mostPages: isLimited ? 262_144 : nil)
  }
}
