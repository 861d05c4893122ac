/// One line of a registration trace; docs/record.md has the format. Which keys are there depends on `event`.
package struct TraceEvent: Codable, Equatable, Sendable {
  /// What a line is about.
  package enum Kind: String, Codable, Sendable {
    /// The first line: the schema and what was recorded.
    case trace
    /// A process that registers memory.
    case process
    case register
    case reregister
    case deregister
    /// Memory given back to the kernel, whatever is registered of it.
    case unmap
    /// A device that found pages of an on-demand region missing.
    case fault
    /// Pages charged without a region, or given back.
    case charge
  }

  package static let schema = "memreg.trace/1"

  package var event: Kind
  package var schema: String?
  package var command: String?
  package var pid: UInt32?
  package var parent: UInt32?
  package var program: String?
  package var forked: Bool?
  package var thread: UInt32?
  /// `CLOCK_MONOTONIC` at the beginning of the call.
  package var timeNs: UInt64?
  package var durationNs: UInt64?
  /// The function that was called.
  package var call: String?
  package var device: String?
  /// The number of the region in this trace, from 1; absent where registering failed.
  package var region: Int?
  package var address: UInt64?
  package var lengthBytes: UInt64?
  /// Where it is not the address.
  package var iova: UInt64?
  /// `enum ibv_access_flags`.
  package var access: UInt32?
  package var lkey: UInt32?
  package var rkey: UInt32?
  /// `enum ibv_rereg_mr_flags`.
  package var changes: UInt32?
  /// The descriptor of a dma-buf; `address` is the offset in it.
  package var dmabuf: Int32?
  /// 0, or why the call failed; absent where the process ended in it.
  package var errno: Int32?
  /// How the memory is held (pinned, on-demand, dmabuf, ...), of a traced call.
  package var backing: String?
  /// The time of each part of a traced call.
  package var partsNs: [String: UInt64]?
  package var pageFaults: UInt64?
  /// The function in the kernel that failed, and what that proves.
  package var failedStage: String?
  package var cause: String?

  /// An event of a kind.
  package init(_ event: Kind) { self.event = event }
}
