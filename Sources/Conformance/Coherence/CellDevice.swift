import HostMemory
import Verbs

/// The device's side of a cell: what RDMA READ sees and RDMA WRITE reaches through a key.
struct CellDevice: ~Copyable {
  /// How a request ended, with the bytes it brought.
  struct Answer {
    let status: CompletionStatus
    let bytes: [UInt8]
  }

  let domain: ProtectionDomain
  private let pair: LoopbackPair
  private let scratch: HostBuffer
  private let scratchRegion: MemoryRegion

  init(in domain: ProtectionDomain) throws {
    let pair = try LoopbackPair(in: domain)
    let scratch = try HostBuffer(.anonymous, length: UInt64(BasePage.size))
    try scratch.populate()
    let scratchRegion = try MemoryRegion(
      in: domain,
      address: scratch.range.start,
      length: scratch.range.length,
      access: .localWrite
    )
    self.domain = domain
    self.pair = pair
    self.scratch = scratch
    self.scratchRegion = scratchRegion
  }

  private var local: AddressRange {
    AddressRange(start: scratch.range.start, length: UInt64(ProbePattern.length))
  }

  func read(_ address: UInt64, key: UInt32) throws -> Answer {
    let slice = try scratchRegion.slice(local)
    let remote = RemoteMemory(address: address, rkey: key)
    let status = try settle(try pair.requester.perform(.read(slice, from: remote)))
    let bytes = unsafe scratch.withUnsafeBytes { unsafe Array($0.prefix(ProbePattern.length)) }
    return Answer(status: status, bytes: bytes)
  }

  func write(_ bytes: [UInt8], to address: UInt64, key: UInt32) throws -> CompletionStatus {
    unsafe scratch.withUnsafeBytes { unsafe $0.copyBytes(from: bytes) }
    let slice = try scratchRegion.slice(local)
    let remote = RemoteMemory(address: address, rkey: key)
    return try settle(try pair.requester.perform(.write(slice, to: remote)))
  }

  /// Binds a window over all of `region`, on the side of the connection that owns the memory.
  func bind(_ window: inout MemoryWindow, to region: borrowing MemoryRegion) throws {
    let end = try pair.responder.bind(
      &window,
      to: region.range,
      of: region,
      access: [.remoteRead, .remoteWrite]
    )
    _ = try settle(end)
  }

  /// An error stops both queue pairs; the next request needs a connection that works.
  private func settle(_ completion: WorkCompletion) throws -> CompletionStatus {
    if completion.status != .success { try pair.reconnect() }
    return completion.status
  }
}
