import Glibc

/// The seed of a run's random numbers: MEMREG_TEST_SEED if it is set, else another in each process.
package enum TestSeed {
  /// The seed, printed at its first use so that a failing run can be repeated.
  package static let value: UInt64 = {
    var seed = UInt64.random(in: 0 ... .max)
    if let text = unsafe getenv("MEMREG_TEST_SEED") {
      guard let given = unsafe UInt64(String(cString: text)) else {
        fatalError("MEMREG_TEST_SEED is not a number of 64 bits")
      }
      seed = given
    }
    print("MEMREG_TEST_SEED=\(seed) repeats the random numbers of this process")
    return seed
  }()
}
