import Measurement
import Testing

@Suite struct `A warning` {
  @Test func `is not given for steady samples with a rare spike`() {
    var samples = (0..<400).map { UInt64(20_000 + ($0 * 37) % 200) }
    samples[100] = 900_000
    samples[300] = 900_000
    #expect(MeasurementWarning.judging(samples) == [])
  }

  @Test func `of outliers counts them and names the remedy`() {
    // 1 ns apart, in an order without drift: the median without the fifth that is far off is 20 samples lower.
    var samples = (0..<200).map { UInt64(20_000 + $0 * 77 % 200) }
    for index in stride(from: 0, to: 200, by: 5) { samples[index] = 60_000 }
    let warnings = MeasurementWarning.judging(samples)
    #expect(warnings == [.outliers(percent: 20)])
    #expect("\(warnings[0])".hasPrefix("20.0 % of the samples"))
    #expect("\(warnings[0])".contains("--iterations"))
  }

  @Test func `of outliers that leave the median in its interval is none`() {
    var samples = (0..<200).map { UInt64(20_000 + $0 * 77 % 200) }
    for index in stride(from: 0, to: 200, by: 20) { samples[index] = 60_000 }
    #expect(MeasurementWarning.judging(samples) == [])
  }

  @Test func `of drift compares the last quarter with the first`() {
    let samples = (0..<400).map { $0 < 200 ? UInt64(20_000) : 22_000 }
    let warnings = MeasurementWarning.judging(samples)
    #expect(warnings.count == 1)
    guard case .drift(let percent)? = warnings.first else {
      Issue.record("no drift in \(warnings)")
      return
    }
    #expect(abs(percent - 10) < 1e-9)
    #expect("\(warnings[0])".contains("10.0 % slower"))
    #expect("\(warnings[0])".contains("--warmup"))
  }

  @Test func `of too few samples says how many are enough`() {
    #expect(MeasurementWarning.judging([1, 2, 3]) == [.fewSamples(3)])
    #expect("\(MeasurementWarning.fewSamples(3))".contains("at least 20"))
  }

  @Test func `of the clock's share names the memlock limit`() {
    #expect("\(MeasurementWarning.clock(percent: 3.26))".contains("3.3 %"))
    #expect("\(MeasurementWarning.clock(percent: 3.26))".contains("memlock"))
  }
}
