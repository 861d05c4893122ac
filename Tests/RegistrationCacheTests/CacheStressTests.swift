import CacheStress
import Glibc
import MemRegC
import Testing

/// The policies of memreg.h, by their flags.
private enum Policy {
  static let strict: UInt32 = 0
  static let unmonitored: UInt32 = 1 << 2
  static let relaxed: UInt32 = 1 << 3
  static let hooked: UInt32 = 1 << 4
}

// Each in a process of its own, which a watchdog ends with the stacks of all threads. `make churn` runs the same at length.
@Suite struct `A cache in any program` {
  @Test(arguments: [2, 8] as [UInt32])
  func `serves no region of memory that is gone, to threads that allocate and free`(threads: UInt32)
    async
  {
    await #expect(processExitsWith: .success) { [threads] in
      stress_watch(60)
      var run = stress_churn()
      (run.threads, run.list, run.flags, run.gets) = (threads, 1, Policy.strict, 20_000)
      #expect(unsafe stress_churn(&run) == 0)
      #expect(run.stale == 0)
      #expect(run.gets >= 20_000)
    }
  }

  @Test func `serves no such region in a list that the kernel is asked about once`() async {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      var run = stress_churn()
      (run.threads, run.list, run.flags, run.gets) = (4, 16, Policy.strict, 80_000)
      #expect(unsafe stress_churn(&run) == 0)
      #expect(run.stale == 0)
      #expect(run.gets >= 80_000)
    }
  }

  @Test(.enabled(if: Machine.isX86, "the calls of the C library are hooked on x86-64 alone"))
  func `serves no such region where it is told before the C library unmaps`() async {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      var run = stress_churn()
      (run.threads, run.list, run.flags, run.gets) = (4, 1, Policy.hooked, 20_000)
      #expect(unsafe stress_churn(&run) == 0)
      #expect(run.stale == 0)
    }
  }

  @Test
  func `is stale in the relaxed ordering, by addresses that are given out before munmap returns`()
    async
  {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      var run = stress_churn()
      (run.threads, run.list, run.flags, run.gets) = (4, 1, Policy.relaxed, 40_000)
      #expect(unsafe stress_churn(&run) == 0)
      #expect(run.reused > 0)
      #expect(run.stale > 0)
    }
  }

  @Test(arguments: [Policy.strict, Policy.relaxed], [0, 1] as [Int32])
  func `orders requests and changes of the same memory as if they came one after another`(
    policy: UInt32,
    isInvalidating: Int32
  ) async {
    await #expect(processExitsWith: .success) { [policy, isInvalidating] in
      stress_watch(60)
      var wrong: UInt = 0
      #expect(unsafe stress_history(100_000, policy, isInvalidating, &wrong) == 0)
      #expect(wrong == 0)
    }
  }

  @Test func `has changes at no moment in the order of requests where it is told of none`() async {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      var wrong: UInt = 0
      #expect(unsafe stress_history(20_000, Policy.unmonitored, 0, &wrong) == 0)
      #expect(wrong > 1000)
    }
  }

  @Test(arguments: [Policy.strict, Policy.relaxed])
  func `lets a process fork in every way while a thread frees and gets`(policy: UInt32) async {
    await #expect(processExitsWith: .success) { [policy] in
      stress_watch(60)
      #expect(stress_forks(300, policy) == 0)
    }
  }

  @Test func `does nothing for a forked child, whatever it calls`() async {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      #expect(stress_children(30, Policy.strict) == 0)
    }
  }

  @Test(arguments: [Policy.strict, Policy.relaxed])
  func `lets signal handlers unmap, drop and fork in the middle of a request`(policy: UInt32) async
  {
    await #expect(processExitsWith: .success) { [policy] in
      stress_watch(60)
      #expect(stress_signals(3000, policy) == 0)
    }
  }

  @Test func `serves others after threads are cancelled in the middle of a request`() async {
    await #expect(processExitsWith: .success) {
      stress_watch(60)
      #expect(stress_cancellations(100, Policy.strict) == 0)
    }
  }

  @Test(arguments: [Policy.strict, Policy.relaxed])
  func `counts a second put and refuses what means nothing`(policy: UInt32) async {
    await #expect(processExitsWith: .success) { [policy] in #expect(stress_misuse(policy) == 0) }
  }

  @Test(arguments: [Policy.strict, Policy.hooked])
  func `leaves memory to the application's own userfaultfd once no region is in it`(policy: UInt32)
    async
  {
    await #expect(processExitsWith: .success) { [policy] in #expect(stress_unwatch(policy) == 0) }
  }

  @Test func `serves without keeping where no descriptor is left, and counts it`() async {
    await #expect(processExitsWith: .success) { #expect(stress_no_files(Policy.strict) == 0) }
  }

  @Test(arguments: [Policy.strict, 1 << 2])
  func `evicts nothing in vain where all that is allowed is lent out`(policy: UInt32) async {
    await #expect(processExitsWith: .success) { [policy] in #expect(stress_full(policy) == 0) }
  }

  @Test(arguments: [Policy.strict, Policy.relaxed])
  func `serves no region of the past after all files of the process are closed`(policy: UInt32)
    async
  {
    await #expect(processExitsWith: .success) { [policy] in
      stress_watch(60)
      var (stale, code) = (UInt(0), Int32(0))
      let failed = unsafe stress_closed_files(policy, &stale, &code)
      // What the test would be told by is closed.
      exit(failed == 0 && stale == 0 && code == EBADF ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  // A process of its own: where a test runs, no thread is the main one.
  @Test(arguments: ["strict", "relaxed", "hooked", "unmonitored"])
  func `lets a process end whose main thread has called pthread_exit`(policy: String) throws {
    let tests = try #require(
      unsafe realpath("/proc/self/exe", nil).map { unsafe String(cString: $0) }
    )
    let program =
      String(tests.prefix(through: try #require(tests.lastIndex(of: "/")))) + "cache-stress"
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe []
    for argument in [program, "exit", "1", policy] { unsafe arguments.append(strdup(argument)) }
    unsafe arguments.append(nil)
    var child: pid_t = 0
    #expect(unsafe posix_spawn(&child, program, nil, nil, &arguments, nil) == 0)
    var status: Int32 = -1
    for _ in 0..<2000 where unsafe waitpid(child, &status, WNOHANG) == 0 { usleep(10_000) }
    #expect(status == 0)
  }
}

private enum Machine {
  static var isX86: Bool {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }
}
