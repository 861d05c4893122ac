package import HostMemory
package import Verbs

/// Two places in memory, the one in a region and the other in another.
package typealias TwoPlaces = (first: AddressRange, second: AddressRange)

/// Requests whose local bytes lie in two regions.
extension CellDevice {
  /// Sends the bytes of two places as one message into two others, of the regions in turned order.
  package func send(
    _ from: TwoPlaces,
    into: TwoPlaces,
    _ one: borrowing MemoryRegion,
    _ other: borrowing MemoryRegion
  ) throws -> (sent: CompletionStatus, received: WorkCompletion?) {
    let (head, tail) = (try other.slice(into.first), try one.slice(into.second))
    _ = try unsafe pair.responder.postReceive(head, then: tail)
    let (first, second) = (try one.slice(from.first), try other.slice(from.second))
    let end = try pair.requester.perform(.send(first).followed(by: second))
    let received = try pair.responder.receiveCompletions.next(within: .seconds(10))
    return (try settle(sent: end), received)
  }

  /// Writes the bytes of two places behind one another to `remote`.
  package func write(
    _ from: TwoPlaces,
    _ one: borrowing MemoryRegion,
    _ other: borrowing MemoryRegion,
    to remote: RemoteMemory
  ) throws -> CompletionStatus {
    let (first, second) = (try one.slice(from.first), try other.slice(from.second))
    let request = WorkRequest.write(first, to: remote).followed(by: second)
    return try settle(sent: pair.requester.perform(request))
  }

  /// Reads bytes from `remote` on into two places.
  package func read(
    into: TwoPlaces,
    _ one: borrowing MemoryRegion,
    _ other: borrowing MemoryRegion,
    from remote: RemoteMemory
  ) throws -> CompletionStatus {
    let (first, second) = (try one.slice(into.first), try other.slice(into.second))
    let request = WorkRequest.read(first, from: remote).followed(by: second)
    return try settle(try pair.requester.perform(request))
  }
}
