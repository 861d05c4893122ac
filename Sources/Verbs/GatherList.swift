internal import CVerbs

/// The local bytes of one request, one entry or two, where C wants an array (`struct ibv_sge[]`).
struct GatherList {
  private var elements: (ibv_sge, ibv_sge)
  private let count: Int32

  init(_ first: ibv_sge, _ second: ibv_sge?) {
    elements = (first, second ?? ibv_sge())
    count = second == nil ? 1 : 2
  }

  /// Lends the entries to `body`, with their number.
  mutating func lend<Value>(
    to body: (UnsafeMutablePointer<ibv_sge>, Int32) throws(VerbsError) -> Value
  ) throws(VerbsError) -> Value {
    let count = count
    return try unsafe withUnsafeMutablePointer(to: &elements) { elements throws(VerbsError) in
      try unsafe body(
        UnsafeMutableRawPointer(elements).assumingMemoryBound(to: ibv_sge.self),
        count
      )
    }
  }
}
