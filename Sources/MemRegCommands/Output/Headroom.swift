/// What may still be pinned, against the limit.
struct Headroom: Equatable {
  private let bytes: UInt64
  private let limit: UInt64

  /// Of no limit, `nil`, anything may be pinned.
  init(_ bytes: UInt64, of limit: UInt64?) {
    (self.bytes, self.limit) = (bytes, limit ?? 0)
  }

  /// Whether less than a tenth of the limit is left, as the alerts of Examples/prometheus-alerts.yml have it.
  var isLow: Bool { limit > 0 && bytes < limit / 10 }

  /// How it is shown.
  var style: StyledText.Style? { isLow ? bytes == 0 ? .bad : .warning : nil }
}
