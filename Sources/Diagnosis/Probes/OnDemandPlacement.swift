import HostMemory
import LinuxSystem
public import Verbs

/// Where an on-demand region puts bytes that do not begin at a page's first byte.
public enum OnDemandPlacement: String, Codable, Sendable {
  /// Where the request says.
  case right
  /// At the start of the page, with success reported: the driver drops the offset in the page.
  case offsetDropped = "offset_dropped"
  /// Somewhere else, or the request failed.
  case elsewhere

  /// What that means for whoever moves data, in one line; `nil` where there is nothing to say.
  public var warning: String? {
    switch self {
    case .right: nil
    case .offsetDropped:
      "8 bytes written at offset 8 of a page arrived at offset 0, with success reported: on-demand transfers are "
        + "right only from the start of a page and within one packet"
    case .elsewhere:
      "8 bytes written at offset 8 of a page did not arrive there: do not move data on demand"
    }
  }

  /// Finds out by writing 8 bytes at offset 8 of a page over a loopback connection in `domain`.
  ///
  /// Capability bits do not tell. Throws EINVAL or EOPNOTSUPP where the device has no on-demand regions.
  public init(probing domain: ProtectionDomain) throws {
    let page = UInt64(BasePage.size)
    let target = try HostBuffer(.anonymous, length: page)
    let source = try HostBuffer(.anonymous, length: page)
    try target.populate()
    try source.populate()
    let region = try MemoryRegion(
      in: domain,
      range: target.range,
      access: [.localWrite, .remoteWrite, .onDemand]
    )
    // From a page's start, where it is right anyway: nothing is charged, so a limit of zero is no obstacle.
    let local = try MemoryRegion(in: domain, range: source.range, access: [.localWrite, .onDemand])
    let pair = try LoopbackPair(in: domain)
    let mark = [UInt8](repeating: 0xA5, count: 8)
    unsafe source.withUnsafeBytes { unsafe $0.copyBytes(from: mark) }
    let slice = try local.slice(AddressRange(start: source.range.start, length: 8))
    let remote = RemoteMemory(address: target.range.start + 8, rkey: region.rkey)
    let end = try pair.requester.perform(.write(slice, to: remote))
    let (first, second) = unsafe target.withUnsafeBytes { bytes in
      unsafe (Array(bytes[0..<8]) == mark, Array(bytes[8..<16]) == mark)
    }
    self =
      switch (end.status == .success, first, second) {
      case (true, false, true): .right
      case (true, true, false): .offsetDropped
      default: .elsewhere
      }
    // Buffers live as long as their last use, and the regions name them until here.
    withExtendedLifetime((target.range, source.range)) {}
  }
}
