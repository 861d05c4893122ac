@testable import Tracing

/// A record as the programs send it, for tests.
struct RecordWords {
  private(set) var words: [UInt64]

  init(_ kind: CallKind = .register, result: Int64 = 0, isLight: Bool = false) {
    words = [UInt64](
      repeating: 0,
      count: (isLight ? RecordLayout.short : RecordLayout.size) / 8
    )
    set(RecordLayout.owner, 0x0000_04D2_0000_04D3)
    set(RecordLayout.begin, 1_000)
    set(RecordLayout.end, 3_500)
    set(RecordLayout.result, UInt64(bitPattern: result))
    setHalf(RecordLayout.operation, kind.rawValue)
  }

  mutating func set(_ place: Int, _ value: UInt64) { words[place / 8] = value }

  mutating func setHalf(_ place: Int, _ value: UInt32) {
    let shift = UInt64(place % 8 * 8)
    words[place / 8] = words[place / 8] & ~(0xFFFF_FFFF << shift) | UInt64(value) << shift
  }

  mutating func set(_ stage: Stage, calls: UInt32 = 1, sum: UInt64 = 0, error: Int32 = 0) {
    let place = RecordLayout.place(of: stage)
    set(place + RecordLayout.sum, sum)
    setHalf(place + RecordLayout.calls, calls)
    setHalf(place + RecordLayout.error, UInt32(bitPattern: -error))
  }

  var record: TraceRecord? { TraceRecord(words) }
}
