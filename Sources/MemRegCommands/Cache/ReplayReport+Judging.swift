import Documents
import Measurement

extension ReplayReport {
  /// By how much a policy may be slower and still win if it pins less.
  private static let tolerance = 1.05
  /// The most uses of a generated trace.
  private static let mostUses = 10_000_000.0

  /// Chooses the winner: of policies within 5 % of the fastest the one that pins least. There is none if the intervals of the
  /// times do not bear it out; `times` are those of the rounds of each policy.
  mutating func judge(_ times: [[UInt64]]) {
    (winner, undecided, enoughUses) = (nil, nil, nil)
    let whole = zip(policies, times).filter { $0.0.failures == 0 }
    guard let least = whole.map({ Median.of($0.1) }).min(),
      let best = whole.filter({ Median.of($0.1) <= least * ReplayReport.tolerance })
        .min(by: { $0.0.pinnedPeakBytes < $1.0.pinnedPeakBytes })
    else { return }
    var rivals: [(name: String, uses: Double?)] = []
    for (policy, times) in whole where policy.policy != best.0.policy {
      guard let ratio = MedianRatio(of: times, to: best.1) else { continue }
      let isFrugal = policy.pinnedPeakBytes < best.0.pinnedPeakBytes
      let bound = isFrugal ? ReplayReport.tolerance : 1 / ReplayReport.tolerance
      // Fewer than three rounds have no interval to speak of.
      guard times.count < 3 || best.1.count < 3 || ratio.lower < bound else { continue }
      rivals.append((policy.policy, ReplayReport.uses(that: ratio, leaves: bound, of: uses)))
    }
    guard !rivals.isEmpty else { return winner = best.0.policy }
    undecided = [best.0.policy] + rivals.map(\.name)
    let enough = rivals.compactMap(\.uses)
    enoughUses = enough.count == rivals.count ? enough.max().map { ReplayReport.rounded($0) } : nil
  }

  /// In how many uses the interval of `ratio` would be narrow enough to lie on one side of `bound`; `nil` for more than any
  /// trace has. The width of an interval falls by the square root of what is measured.
  private static func uses(that ratio: MedianRatio, leaves bound: Double, of uses: Int) -> Double? {
    let distance = ratio.ratio - bound
    let width = ratio.ratio - ratio.lower
    guard distance > 0, width > 0 else { return nil }
    let enough = Double(uses) * (width / distance) * (width / distance)
    return enough <= mostUses ? Swift.max(enough, Double(uses) + 1) : nil
  }

  /// Rounded up to one digit: it is an estimate.
  private static func rounded(_ uses: Double) -> Int {
    var unit = 1.0
    while uses / unit >= 10 { unit *= 10 }
    return Int((uses / unit).rounded(.up) * unit)
  }
}
