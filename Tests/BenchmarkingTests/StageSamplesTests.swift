import Benchmarking
import HostMemory
import MemoryRegistration
import Testing
import Tracing

@Suite struct `The typical parts of traced calls` {
  /// A call of so many nanoseconds in the driver and in the pin.
  private func call(driver: UInt64, pin: UInt64) -> StageSamples.Parts {
    Part.allCases.map { $0 == .driver ? driver : $0 == .pin ? pin : 0 }
  }

  @Test func `are those of the calls between the quartiles, part by part`() {
    let calls =
      [call(driver: 1, pin: 1)] + [10, 20].map { call(driver: $0, pin: 300) }
      + [call(driver: 1_000_000, pin: 5)]
    let typical = StageSamples.typical(calls.reversed())
    #expect(typical[Part.driver.rawValue] == 15)
    #expect(typical[Part.pin.rawValue] == 300)
    #expect(typical.reduce(0, +) == 315)
  }

  @Test func `of one call are its own, and of none there are none`() {
    #expect(StageSamples.typical([call(driver: 7, pin: 9)]) == call(driver: 7, pin: 9))
    #expect(StageSamples.typical([]).isEmpty)
  }
}

@Suite struct `A benchmark that traces` {
  @Test func `takes at most 200 samples of a case again, and none of what registers nothing`() {
    func traced(_ iterations: Int?, duration: Double? = nil, _ benchCase: BenchCase) -> Int {
      let axes = BenchAxes(
        lengths: [],
        memory: [],
        pages: [],
        access: [],
        threads: [],
        resident: [],
        iterations: iterations,
        duration: duration,
        warmup: 0,
        stages: true
      )
      return axes.tracedSamples(of: benchCase)
    }
    var benchCase = BenchCase(
      strategy: .verbs,
      memory: .anonymous,
      pages: .populated,
      threads: 1,
      resident: 0,
      length: 4096
    )
    #expect(traced(nil, benchCase) == 200)
    #expect(traced(30, benchCase) == 30)
    #expect(traced(5000, benchCase) == 200)
    #expect(traced(nil, duration: 3, benchCase) == 200)
    benchCase.length = 64 << 20
    #expect(traced(nil, benchCase) == 100)
    benchCase.strategy = .copy
    #expect(traced(nil, benchCase) == 0)
  }
}
