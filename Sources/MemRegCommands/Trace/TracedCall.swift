import Tracing

/// A traced call, with what is known of it from elsewhere.
struct TracedCall {
  let record: TraceRecord
  /// The process whose memory it is, which is not always the one that calls.
  let process: Int32
  let program: String
  let device: String?
  /// The number of the region in this trace, from 1; `nil` if it was made before, or never.
  let region: Int?
  let backing: Backing
  let address: UInt64
  let lengthBytes: UInt64
}
