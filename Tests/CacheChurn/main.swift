import Churn
import Glibc
import LinuxSystem
import MemoryRegistration
import RegistrationCache

// cache-churn [ROUNDS [THREADS]]: the property test of the cache, at length and under thread sanitizer. It prints
// its seed, and MEMREG_TEST_SEED=SEED repeats it.
let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let rounds = arguments.first ?? 50_000
let threads = arguments.dropFirst().first ?? 4
var limit = rlimit(rlim_cur: 8192, rlim_max: 1_048_576)
unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
var failures = 0
for keepsAddresses in [true, false] {
  let policy = CachePolicy(
    maximumRegions: 64,
    ordering: keepsAddresses ? .relaxed : .strict
  )
  let cache = try RegistrationCache(of: IOUringStrategy(), policy: policy)
  let churn = Churn(threads: threads, rounds: rounds, keepsAddresses: keepsAddresses)
  let outcome = churn.run(cache)
  try cache.synchronize()
  let statistics = cache.statistics
  try cache.purge()
  let pinned = try ProcessStatus().pinned
  print(policy.ordering.rawValue, outcome, statistics, "pinned_bytes", pinned)
  failures += outcome.stale + outcome.errors + Int(pinned)
}
exit(failures == 0 ? 0 : 1)
