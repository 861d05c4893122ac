package import LinuxSystem

/// What has been measured of one case so far.
package struct BenchMeasurement: Sendable {
  package let benchCase: BenchCase
  package var batch = 1
  package var pairs = 1
  package var expectedPages: UInt64?
  package var chargedPages: UInt64?
  /// Pages that the kernel still charged after the release of that one registration.
  package var residualPages: UInt64 = 0
  package var usage = ThreadUsage()
  package var samples = BenchSamples()
  /// Readings of the clock inside the intervals of one sample.
  package var readings = 2
  /// What has been traced, if stages are measured.
  package var stages: StageSamples?
  /// Why the case could not be measured.
  package var failure: String?

  package init(_ benchCase: BenchCase) { self.benchCase = benchCase }
}
