import Measurement
import Testing

@Suite struct `A cost model` {
  private func points(_ cost: (Double) -> Double) -> [CostModel.Point] {
    (0..<15)
      .map { exponent in
        let pages = UInt64(1) << UInt64(exponent)
        return (pages, cost(Double(pages)))
      }
  }

  @Test func `of a line has its base, its slope and an R² of 1`() throws {
    let model = try #require(CostModel(fitting: points { 17_200 + 235 * $0 }))
    #expect(abs(model.base - 17_200) < 0.01)
    #expect(abs(model.perPage - 235) < 0.0001)
    #expect(model.rSquared > 0.999_999)
  }

  @Test func `weighs errors by size, so that one page counts as much as 16384`() throws {
    let model = try #require(CostModel(fitting: points { (17_200 + 235 * $0) * 1.1 }))
    #expect(abs(model.base - 18_920) < 0.1)
    var wild = points { 17_200 + 235 * $0 }
    wild[14] = (16_384, 2 * (17_200 + 235 * 16_384))
    let bent = try #require(CostModel(fitting: wild))
    #expect(abs(bent.base - 17_200) < 2_000)
    #expect(bent.rSquared < 0.99)
  }

  @Test func `has no base below zero`() throws {
    let model = try #require(CostModel(fitting: points { 120 * $0 - 30 }))
    #expect(model.base == 0)
    #expect(model.perPage > 80 && model.perPage < 120)
  }

  @Test func `needs three points, two sizes and times above zero`() {
    let two: [CostModel.Point] = [(1, 10), (2, 12)]
    #expect(CostModel(fitting: two) == nil)
    let same = [CostModel.Point](repeating: (1, 10), count: 3)
    #expect(CostModel(fitting: same) == nil)
    #expect(CostModel(fitting: two + [(4, 0)]) == nil)
  }
}
