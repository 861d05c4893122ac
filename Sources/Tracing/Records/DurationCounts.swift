/// How often what duration occurred: sixteen buckets for each power of two, so that each is known to 3 %.
package struct DurationCounts: Equatable, Sendable {
  /// How many durations.
  package private(set) var count: UInt64 = 0
  /// All of them together, in nanoseconds.
  package private(set) var nanoseconds: UInt64 = 0
  private var buckets: [Int: UInt64] = [:]

  /// No durations.
  package init() {}

  /// Counts a duration.
  package mutating func record(_ nanoseconds: UInt64) {
    count += 1
    self.nanoseconds &+= nanoseconds
    buckets[DurationCounts.bucket(of: nanoseconds), default: 0] += 1
  }

  /// The duration that the share `quantile` of all do not exceed; `nil` if there are none.
  package func nanoseconds(atQuantile quantile: Double) -> UInt64? {
    let wanted = UInt64((Double(count) * quantile).rounded(.up))
    var seen: UInt64 = 0
    for (bucket, count) in buckets.sorted(by: { $0.key < $1.key }) {
      seen += count
      if seen >= wanted { return DurationCounts.middle(of: bucket) }
    }
    return nil
  }

  /// The buckets that are not empty, by rising duration: the shortest in it, and how many.
  package var distribution: [(from: UInt64, count: UInt64)] {
    buckets.sorted { $0.key < $1.key }.map { (DurationCounts.start(of: $0.key), $0.value) }
  }

  /// Buckets for each power of two.
  static let precision = 16
  static let bucketCount = 1024

  /// Exact below twice the precision.
  static func bucket(of nanoseconds: UInt64) -> Int {
    let digits = UInt64.bitWidth - nanoseconds.leadingZeroBitCount
    let shift = max(0, digits - 1 - precision.trailingZeroBitCount)
    return shift * precision + Int(nanoseconds >> UInt64(shift))
  }

  static func start(of bucket: Int) -> UInt64 {
    let shift = shift(of: bucket)
    return UInt64(bucket - shift * precision) << UInt64(shift)
  }

  private static func middle(of bucket: Int) -> UInt64 {
    start(of: bucket) + ((1 << UInt64(shift(of: bucket))) - 1) / 2
  }

  private static func shift(of bucket: Int) -> Int { max(0, bucket / precision - 1) }
}

/// How the programs count durations: the number, the sum, the bytes of the regions, then the buckets, 64 bits each.
extension DurationCounts {
  static let countPlace = 0
  static let sumPlace = 8
  static let bucketPlace = 16
  static let size = bucketPlace + 8 * bucketCount
  static let entries = UInt32((CallKind.allCases.count + 1) * 8)

  static func key(_ kind: CallKind, _ part: Part?) -> UInt32 {
    kind.rawValue * 8 + (part.map { UInt32($0.rawValue) + 1 } ?? 0)
  }

  init(counted words: [UInt64]) {
    count = words[DurationCounts.countPlace / 8]
    nanoseconds = words[DurationCounts.sumPlace / 8]
    for (bucket, count) in words[(DurationCounts.bucketPlace / 8)...].enumerated() where count > 0 {
      buckets[bucket] = count
    }
  }
}
