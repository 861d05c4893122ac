public import LinuxSystem
import Netlink
public import Verbs

/// What decides about registering on an RDMA device besides the kernel's own rules.
///
/// What the driver does is known by its name and release, and not tried: a probe would have to change the process's
/// limit, or make the kernel warn.
public struct DeviceTraits: Equatable, Sendable {
  /// The device's name.
  public let name: String
  /// The kernel driver, such as `rxe`; `nil` if it is unknown.
  public let driver: String?
  /// Whether it is soft RoCE.
  public var isSoftRoCE: Bool { driver == "rxe" }
  /// The most pages of one pinned region, where the driver has such a limit of its own.
  public var mostPages: UInt64?
  /// Whether the driver judges RLIMIT_MEMLOCK by its own code: CAP_IPC_LOCK lifts nothing, and a limit of zero is ENOMEM.
  public let limitsByItself: Bool
  /// Whether the driver finds a length too long for its table of pages, by ENOMEM, before the kernel judges it.
  public let judgesLengthFirst: Bool
  /// Whether the driver checks every transfer for the access of its region.
  public let obeysAccess: Bool
  /// The most bytes of one region (`max_mr_size`), `nil` if that is no limit.
  public var mostBytes: UInt64?
  /// The most regions (`max_mr`).
  public var mostRegions: UInt64?
  /// Regions that are alive, of every process in sight.
  public var regions: UInt64?
  /// Whether the driver has a method for regions over dma-bufs.
  public var registersDMABufs: Bool?

  /// Describes a device with `driver` on `kernel`.
  ///
  /// Soft RoCE from 6.12 keeps 16 bytes for each page in one allocation of at most 4 MiB (`alloc_mr_page_info()`), siw from
  /// 7.0 8 bytes for each 512 pages behind 24 of its own (`siw_umem_get()`), before `ib_umem_get_va()`. Until siw came to
  /// register by `ib_umem_get()`, in 6.8, it did all of that itself.
  public init(name: String, driver: String?, kernel: KernelRelease = .running) {
    self.name = name
    self.driver = driver
    judgesLengthFirst = driver == "siw" && kernel >= KernelRelease(7, 0)
    mostPages =
      switch driver {
      case "rxe" where kernel >= KernelRelease(6, 12): 262_144
      case "siw" where judgesLengthFirst: ((4 << 20) - 24) / 8 * 512
      default: nil
      }
    limitsByItself = driver == "siw" && kernel < KernelRelease(6, 8)
    obeysAccess = driver != "siw"
  }

  /// Reads the device's directory in sysfs.
  public init(named name: String) {
    self.init(name: name, driver: Device.driver(of: name))
  }

  /// Whether RLIMIT_MEMLOCK binds this process for regions on the device of this name; `nil` for what no device judges.
  public static func limitBinds(on name: String?) throws(SystemError) -> Bool {
    try !Capability.ipcLock.isGranted
      || name.map { DeviceTraits(named: $0).limitsByItself } ?? false
  }

  /// Reads the device's directory, and asks the device for its limits and the kernel for its regions; registers nothing.
  public init(of context: DeviceContext) {
    self.init(named: context.device.name)
    if let attributes = try? context.attributes() {
      // Drivers without a limit leave 0 or set all bits; more than an address space is none either.
      let size = attributes.maxMRSize
      mostBytes = size > 0 && size < 1 << 56 ? size : nil
      mostRegions = UInt64(exactly: attributes.limits.maxMR).flatMap { $0 > 0 ? $0 : nil }
    }
    regions = DeviceTraits.regions(on: name)
  }

  /// The same, and whether the driver has a method for dma-bufs, which takes a domain to ask.
  public init(tryingDMABufsOf context: DeviceContext) {
    self.init(of: context)
    if let domain = try? ProtectionDomain(on: context), let refusal = domain.probeDMABuf() {
      registersDMABufs = refusal == .EBADF ? true : refusal == .EOPNOTSUPP ? false : nil
    }
  }

  /// Opens the device of this name for what it says of itself; reads sysfs alone if it cannot be opened.
  public init(opening name: String) {
    if let context = try? DeviceContext(named: name) {
      self.init(tryingDMABufsOf: context)
    } else {
      self.init(named: name)
    }
  }

  /// The longest region that device and driver take, and what says so.
  var longestRegion: (bytes: UInt64, setting: String)? {
    let page = UInt64(BasePage.size)
    return [
      mostBytes.map { ($0, "max_mr_size") },
      mostPages.map { ($0.multiplied(clamped: page), "driver pages") },
    ]
    .compactMap { $0 }.min { $0.0 < $1.0 }
  }

  private static func regions(on name: String) -> UInt64? {
    guard let netlink = try? RDMANetlink(),
      let device = try? netlink.devices().first(where: { $0.name == name })
    else { return nil }
    return try? netlink.count(of: .memoryRegions, on: device)
  }
}
