import HostMemory
public import Verbs

/// Where an on-demand region puts bytes that do not begin at a page's first byte.
public enum OnDemandPlacement: String, Sendable {
  /// Where the request says.
  case right
  /// At the start of the page, with success reported: the driver drops the offset in the page.
  case offsetDropped = "offset_dropped"
  /// Somewhere else, or the request failed.
  case elsewhere

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
      address: target.range.start,
      length: page,
      access: [.localWrite, .remoteWrite, .onDemand]
    )
    let local = try MemoryRegion(
      in: domain,
      address: source.range.start,
      length: page,
      access: .localWrite
    )
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
