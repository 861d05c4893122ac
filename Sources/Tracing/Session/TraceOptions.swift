/// Which calls are traced, and how much of them.
package struct TraceOptions: Sendable {
  /// How much is traced.
  package enum Detail: Sendable {
    /// Whole calls: their time, errno and memory.
    case light
    /// The parts of each call too.
    case stages
  }

  /// Only these processes, if there are any.
  package var processes: [Int32] = []
  /// Also what they start from now on.
  package var followsChildren = false
  /// Only threads of this name; the kernel keeps 15 bytes of it.
  package var command: String?
  /// Only the RDMA device of this index.
  package var device: UInt32?
  /// How much is traced.
  package var detail = Detail.stages
  /// Whether the kernel counts durations in place of sending a record for each call that succeeds.
  package var countsDurations = false

  /// Traces everything on the machine.
  package init() {}
}
