import Measurement
import Testing

@Suite struct `A batch` {
  @Test(
    arguments: [
      // One page by io_uring: 340 ns for both halves, 25 ns a reading, two readings inside.
      (25.0, 2, 340.0, 30), (34, 2, 26_280, 1), (25, 1, 50, 100), (25, 2, 10_000, 1),
      (25, 2, 9_999, 2),
    ] as [(Double, Int, Double, Int)]
  )
  func `keeps the clock's share at 0.5 %`(
    clock: Double,
    readings: Int,
    operation: Double,
    batch: Int
  ) {
    let needed = BatchSize.needed(clock: clock, readings: readings, operation: operation)
    #expect(needed == batch)
    let total = operation * Double(needed)
    #expect(BatchSize.clockPercent(clock: clock, readings: readings, total: total) <= 0.5 + 1e-9)
  }

  @Test func `is never larger than its limit nor smaller than one`() {
    #expect(BatchSize.needed(clock: 25, readings: 2, operation: 340, limit: 8) == 8)
    #expect(BatchSize.needed(clock: 25, readings: 2, operation: 340, limit: 0) == 1)
    #expect(BatchSize.needed(clock: 25, readings: 2, operation: 0, limit: 64) == 64)
    #expect(BatchSize.needed(clock: 0, readings: 2, operation: 340) == 1)
  }
}

@Suite struct `The crossover` {
  private func point(_ bytes: UInt64, _ registering: Double, _ copying: Double) -> Crossover.Point {
    Crossover.Point(bytes: bytes, registering: registering, copying: copying)
  }

  @Test func `is the smallest size from which registering stays cheaper`() {
    let points = [
      point(1 << 20, 10_000, 21_700), point(4096, 340, 50), point(65536, 800, 640),
      point(262_144, 2_400, 2_450),
    ]
    #expect(Crossover.size(of: points) == 262_144)
  }

  @Test func `ignores a small size at which registering wins by chance`() {
    #expect(Crossover.size(of: [point(1, 1, 2), point(2, 3, 2), point(4, 3, 4)]) == 4)
  }

  @Test func `does not exist where copying wins at the largest size`() {
    #expect(Crossover.size(of: [point(1, 1, 2), point(2, 3, 2)]) == nil)
    #expect(Crossover.size(of: []) == nil)
  }
}
