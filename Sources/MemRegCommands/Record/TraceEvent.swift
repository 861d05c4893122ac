/// One line of a registration trace; docs/record.md has the format. Which keys are there depends on `event`.
struct TraceEvent: Codable, Equatable {
  enum Kind: String, Codable {
    /// The first line: the schema and what was recorded.
    case trace
    /// A process that registers memory.
    case process
    case register
    case reregister
    case deregister
    /// Memory given back to the kernel, whatever is registered of it.
    case unmap
  }

  static let schema = "memreg.trace/1"

  var event: Kind
  var schema: String?
  var command: String?
  var pid: UInt32?
  var parent: UInt32?
  var program: String?
  var forked: Bool?
  var thread: UInt32?
  /// `CLOCK_MONOTONIC` at the beginning of the call.
  var timeNs: UInt64?
  var durationNs: UInt64?
  /// The function that was called.
  var call: String?
  var device: String?
  /// The number of the region in this trace, from 1; absent where registering failed.
  var region: Int?
  var address: UInt64?
  var lengthBytes: UInt64?
  /// Where it is not the address.
  var iova: UInt64?
  /// `enum ibv_access_flags`.
  var access: UInt32?
  var lkey: UInt32?
  var rkey: UInt32?
  /// `enum ibv_rereg_mr_flags`.
  var changes: UInt32?
  /// The descriptor of a dma-buf; `address` is the offset in it.
  var dmabuf: Int32?
  /// 0, or why the call failed; absent where the process ended in it.
  var errno: Int32?

  init(_ event: Kind) { self.event = event }
}
