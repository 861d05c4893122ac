import CacheStress
import Glibc
// What stages the tests is called by its C names.
import MemRegC

// cache-stress WHAT COUNT [POLICY [THREADS [LIST]]]: one of the stress tests of libmemreg's cache at the length asked for.
let arguments = Array(CommandLine.arguments.dropFirst())
let policies = ["strict": UInt32(0), "hooked": 1 << 4, "relaxed": 1 << 3, "unmonitored": 1 << 2]
let count = arguments.dropFirst().first.flatMap { UInt($0) } ?? 1000
let flags = arguments.dropFirst(2).first.flatMap { policies[$0] } ?? 0
let threads = arguments.dropFirst(3).first.flatMap { UInt32($0) } ?? 4
let list = arguments.dropFirst(4).first.flatMap { UInt32($0) } ?? 1
// Its thread would keep a process alive that its main thread has left.
if arguments.first != "exit" { stress_watch(60) }
switch arguments.first {
case "churn":
  var run = stress_churn()
  (run.threads, run.list, run.flags, run.gets) = (threads, list, flags, count)
  let code = unsafe stress_churn(&run)
  // Relaxed, the same run shows that what would go wrong did occur.
  exit(code == 0 && (run.stale == 0) == (flags != 1 << 3) ? 0 : 1)
case "history":
  var wrong: UInt = 0
  for isInvalidating: Int32 in [0, 1] {
    let code = unsafe stress_history(count, flags, isInvalidating, &wrong)
    guard code == 0, wrong == 0 else { exit(1) }
  }
  exit(0)
case "forks": exit(stress_forks(count, flags))
case "children": exit(stress_children(count, flags))
case "signals": exit(stress_signals(count, flags))
case "cancellations": exit(stress_cancellations(count, flags))
case "misuse": exit(stress_misuse(flags))
case "tail":
  var run = stress_tail()
  (run.flags, run.hits) = (flags, count)
  let code = unsafe stress_tail(&run)
  print(
    "tail: flags \(run.flags): p50 \(run.p50) ns, p99.9 \(run.p999), p99.99 \(run.p9999), max \(run.max),",
    "beside \(run.changes) changes"
  )
  exit(code)
case "exit": stress_exit_by_threads(flags)
default:
  print(
    "usage: cache-stress churn|history|forks|children|signals|cancellations|misuse|tail|exit COUNT [POLICY [THREADS [LIST]]]"
  )
  exit(64)
}
