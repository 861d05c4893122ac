package import LinuxSystem

/// A call that was traced.
package struct TraceRecord: Equatable, Sendable {
  package let kind: CallKind
  package let backing: Backing
  package let process: Int32
  package let thread: Int32
  /// The name of the thread, of at most 15 bytes.
  package let command: String
  /// The process whose memory it is, if it is not the one that calls.
  package let subject: Int32?
  /// `CLOCK_MONOTONIC` at the begin, in nanoseconds.
  package let begin: UInt64
  package let nanoseconds: UInt64
  /// Why the call failed, or `nil`.
  package let errno: Errno?
  /// The index of the RDMA device, if there is one.
  package let device: UInt32?
  package let address: UInt64
  /// In bytes.
  package let length: UInt64
  /// Where the device finds the memory.
  package let iova: UInt64
  /// `enum ibv_access_flags`; for a charge whether pages are charged (1) or given back (0).
  package let access: UInt32
  /// `enum ibv_rereg_mr_flags`
  package let changes: UInt32
  package let localKey: UInt32
  package let remoteKey: UInt32
  /// Tells regions apart as long as they last; 0 if not known.
  package let region: UInt64
  /// The region that takes the place of `region` after re-registering, or 0.
  package let successor: UInt64
  /// Page faults of the thread during the call.
  package let faults: UInt64
  /// The time of each part, in the order of `Part`; empty if the trace is light.
  private let parts: [UInt64]
  private let stages: [StageResult]

  /// The time of a part in nanoseconds.
  package subscript(_ part: Part) -> UInt64 { parts.isEmpty ? 0 : parts[part.rawValue] }

  /// What became of a stage, or `nil` if stages are not traced.
  package func result(of stage: Stage) -> StageResult? {
    stages.isEmpty ? nil : stages[stage.rawValue]
  }

  /// Whether the parts are known.
  package var hasParts: Bool { !parts.isEmpty }
}

extension TraceRecord {
  /// Reads what a program has sent; `nil` if it is of no kind that is known.
  init?(_ words: [UInt64]) {
    func word(_ place: Int) -> UInt64 { words[place / 8] }
    func half(_ place: Int) -> UInt32 {
      UInt32(truncatingIfNeeded: words[place / 8] >> (place % 8 == 0 ? 0 : 32))
    }
    guard words.count >= RecordLayout.short / 8,
      let kind = CallKind(rawValue: half(RecordLayout.operation))
    else { return nil }
    self.kind = kind
    backing = Backing(rawValue: half(RecordLayout.backing)) ?? .unknown
    thread = Int32(bitPattern: half(RecordLayout.owner))
    process = Int32(bitPattern: half(RecordLayout.owner + 4))
    command = TraceRecord.text([word(RecordLayout.command), word(RecordLayout.command + 8)])
    let owner = Int32(bitPattern: half(RecordLayout.subject))
    subject = owner > 0 && owner != process ? owner : nil
    begin = word(RecordLayout.begin)
    nanoseconds = word(RecordLayout.end) &- begin
    errno = TraceRecord.errno(Int64(bitPattern: word(RecordLayout.result)))
    device = half(RecordLayout.device).checkedMinusOne
    address = word(RecordLayout.address)
    length = kind == .charge ? word(RecordLayout.length) &* 4096 : word(RecordLayout.length)
    iova = word(RecordLayout.iova)
    access = kind == .charge ? half(RecordLayout.access) & 0xFF : half(RecordLayout.access)
    changes = half(RecordLayout.changes)
    localKey = half(RecordLayout.localKey)
    remoteKey = half(RecordLayout.remoteKey)
    region = word(RecordLayout.region)
    successor = word(RecordLayout.successor)
    faults = word(RecordLayout.faults)
    guard words.count >= RecordLayout.size / 8 else {
      parts = []
      stages = []
      return
    }
    parts = Part.allCases.map { word(RecordLayout.place(of: $0)) }
    stages = Stage.allCases.map { stage in
      let place = RecordLayout.place(of: stage)
      return StageResult(
        calls: half(place + RecordLayout.calls),
        nanoseconds: word(place + RecordLayout.total),
        sum: word(place + RecordLayout.sum),
        errno: Errno(status: -Int32(bitPattern: half(place + RecordLayout.error)))
      )
    }
  }

  private static func errno(_ result: Int64) -> Errno? {
    (-4095 ... -1).contains(result) ? Errno(rawValue: Int32(-result)) : nil
  }

  private static func text(_ words: [UInt64]) -> String {
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

extension UInt32 {
  fileprivate var checkedMinusOne: UInt32? { self == 0 ? nil : self - 1 }
}
