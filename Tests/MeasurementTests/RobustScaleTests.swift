import Measurement
import Testing

@Suite struct `A robust scale` {
  @Test func `is the median and the scaled median absolute deviation`() throws {
    let scale = try #require(RobustScale(of: [1, 2, 3, 4, 1000]))
    #expect(scale.median == 3)
    #expect(scale.deviation == 1.4826)
    #expect(abs(scale.score(1000) - 997 / 1.4826) < 1e-9)
  }

  @Test func `counts the deviation as at least a hundredth of the median`() throws {
    let scale = try #require(RobustScale(of: [200, 200, 200, 200]))
    #expect(scale.deviation == 2)
    #expect(scale.score(206) == 3)
    #expect(scale.score(194) == -3)
  }

  @Test func `of zeros scores everything else as infinitely far`() throws {
    let scale = try #require(RobustScale(of: [0, 0, 0]))
    #expect(scale.score(0) == 0)
    #expect(scale.score(1) == .infinity)
    #expect(RobustScale(of: []) == nil)
  }
}
