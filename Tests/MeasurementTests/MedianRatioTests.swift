import Measurement
import Testing

@Suite struct `A ratio of medians` {
  @Test func `of equal constants is 1 with an interval of nothing`() throws {
    let ratio = try #require(MedianRatio(of: [20, 20, 20], to: [20, 20, 20]))
    #expect(ratio == MedianRatio(of: [20], to: [20]))
    #expect([ratio.ratio, ratio.lower, ratio.upper] == [1, 1, 1])
  }

  @Test func `of 30 to 20 is 1.5 and lies in its interval`() throws {
    let base = (0..<101).map { UInt64(1900 + $0 * 2) }
    let ratio = try #require(MedianRatio(of: base.map { $0 * 3 / 2 }, to: base))
    #expect(ratio.ratio == 1.5)
    #expect(ratio.lower > 1.45 && ratio.lower <= 1.5)
    #expect(ratio.upper < 1.55 && ratio.upper >= 1.5)
  }

  @Test func `is the same for the same samples in any order`() {
    let base = (0..<50).map { UInt64(1000 + $0 * $0) }
    let other = (0..<60).map { UInt64(1100 + $0 * 7) }
    #expect(
      MedianRatio(of: other, to: base) == MedianRatio(of: other.reversed(), to: base.reversed())
    )
  }

  @Test func `is a regression only beyond the tolerance and beyond chance`() throws {
    let base = (0..<101).map { UInt64(1900 + $0 * 2) }
    let slower = try #require(MedianRatio(of: base.map { $0 * 110 / 100 }, to: base))
    #expect(slower.isRegression(beyond: 5))
    #expect(!slower.isRegression(beyond: 15))
    let noise = try #require(MedianRatio(of: [1, 300], to: [100, 120]))
    #expect(noise.ratio > 1.3)
    #expect(!noise.isRegression(beyond: 5))
  }

  @Test func `does not exist without samples or of a zero base`() {
    #expect(MedianRatio(of: [], to: [1]) == nil)
    #expect(MedianRatio(of: [1], to: []) == nil)
    #expect(MedianRatio(of: [1], to: [0]) == nil)
  }

  @Test func `takes the middle two of an even number`() {
    #expect(Median.of([4, 1, 3, 2]) == 2.5)
    #expect(Median.of([3, 1, 2]) == 2)
    #expect(Median.of([]) == 0)
  }
}
