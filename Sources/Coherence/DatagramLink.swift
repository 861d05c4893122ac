import Fixtures
package import HostMemory
import LinuxSystem
package import Verbs

/// Two datagram queue pairs of one process, and pinned memory for the headers of what arrives.
package struct DatagramLink: ~Copyable {
  private let sender: DatagramQueuePair
  private let receiver: DatagramQueuePair
  private let handle: AddressHandle
  private let headers: HostBuffer
  private let headerRegion: MemoryRegion

  package init(in domain: ProtectionDomain) throws {
    let address = try PortAddress(of: domain.context)
    let sender = try DatagramQueuePair(in: domain, on: address)
    let receiver = try DatagramQueuePair(in: domain, on: address)
    let handle = try AddressHandle(in: domain, from: address, to: address)
    let headers = try HostBuffer(.anonymous, length: UInt64(BasePage.size))
    let headerRegion = try MemoryRegion(in: domain, range: headers.range, access: .localWrite)
    self.sender = sender
    self.receiver = receiver
    self.handle = handle
    self.headers = headers
    self.headerRegion = headerRegion
  }

  /// Sends the bytes of `source`; the datagram arrives in `target`, its header before it or in a place of its own.
  package func send(
    _ source: AddressRange,
    of sourceRegion: borrowing MemoryRegion,
    into target: AddressRange,
    of targetRegion: borrowing MemoryRegion,
    headerApart: Bool = true
  ) throws -> (sent: CompletionStatus, received: WorkCompletion?) {
    let room = try targetRegion.slice(target)
    if headerApart {
      let place = AddressRange(
        start: headers.range.start,
        length: DatagramQueuePair.headerLength
      )
      let header = try headerRegion.slice(place)
      _ = try unsafe receiver.postReceive(header, then: room)
    } else {
      _ = try unsafe receiver.postReceive(room)
    }
    let slice = try sourceRegion.slice(source)
    let end = try sender.send(slice, to: receiver.number, behind: handle).status
    let received = try receiver.receiveCompletions.next(within: .seconds(10))
    guard Sabotage.active == .wrongErrno else { return (end, received) }
    return (end == .success ? .flushed : .success, received)
  }
}
