import LinuxSystem

/// What has been measured of one case so far.
struct BenchMeasurement: Sendable {
  let benchCase: BenchCase
  var batch = 1
  var pairs = 1
  var expectedPages: UInt64?
  var chargedPages: UInt64?
  /// Pages that the kernel still charged after the release of that one registration.
  var residualPages: UInt64 = 0
  var usage = ThreadUsage()
  var samples = BenchWorker.Samples()
  /// Readings of the clock inside the intervals of one sample.
  var readings = 2
  var failure: CommandFailure?

  init(_ benchCase: BenchCase) { self.benchCase = benchCase }
}
