import Churn
import Glibc
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Testing

@Suite struct `A cache under churn` {
  // `make churn` runs the same at length, and under thread sanitizer.
  @Test(arguments: [true, false])
  func `serves the bytes that the CPU sees, to four threads`(keepsAddresses: Bool) async {
    await #expect(processExitsWith: .success) { [keepsAddresses] in
      let cache = try RegistrationCache(
        of: IOUringStrategy(),
        policy: keepsAddresses
          ? CachePolicy(maximumRegions: 64, ordering: .relaxed) : CachePolicy(maximumRegions: 64)
      )
      let churn = Churn(threads: 4, rounds: 2000, keepsAddresses: keepsAddresses)
      let outcome = churn.run(cache)
      #expect(outcome.gets == 8000)
      #expect(outcome.stale == 0)
      #expect(outcome.errors == 0)
      try cache.synchronize()
      #expect(cache.statistics.invalidations > 1000)
      #expect(cache.statistics.hits > 100)
      #expect(cache.statistics.releaseFailures == 0)
      try cache.purge()
      #expect(try ProcessStatus().pinned == 0)
    }
  }
}
