import AllocationFaults
import Dispatch
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

// Each in a process of its own: VmPin and the fault injection belong to the whole process.
@Suite struct `A deferred release` {
  // An unoptimized build makes the metadata of generic types at their first use: let that be here.
  private static func warmUp(_ deferred: DeferredRelease, _ range: AddressRange) throws {
    let strategy = IOUringStrategy().ledgered()
    deferred.adopt(try strategy.register(range, access: [.localWrite])).releaseLater()
    deferred.drain()
  }

  @Test func `allocates nothing where it is asked for`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      let deferred = try DeferredRelease()
      try Self.warmUp(deferred, buffer.range)
      for _ in 0..<100 {
        let registration = deferred.adopt(
          try IOUringStrategy().ledgered().register(buffer.range, access: [.localWrite])
        )
        let before = allocation_count()
        registration.releaseLater()
        #expect(allocation_count() == before)
      }
      deferred.drain()
      #expect(allocation_count() > 0, "the counter counts")
      #expect(deferred.pendingCount == 0 && deferred.failures.count == 0)
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `brings the account to zero while every allocation fails`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 64 * 4096)
      let deferred = try DeferredRelease()
      let strategy = IOUringStrategy().ledgered()
      let first = deferred.adopt(try strategy.register(buffer.range, access: [.localWrite]))
      let second = deferred.adopt(try strategy.register(buffer.range, access: [.localWrite]))
      #expect(try ProcessStatus().pinned == 128 * 4096)
      try Self.warmUp(deferred, buffer.range)
      allocation_faults_begin(deferred.workerThread)
      let canAllocate = unsafe malloc(1) != nil
      first.releaseLater()
      second.releaseLater()
      while deferred.pendingCount > 0 { usleep(100) }
      allocation_faults_end()
      #expect(!canAllocate)
      #expect(allocation_faults() == 1, "only the probe above asked for memory")
      #expect(try ProcessStatus().pinned == 0)
      #expect(PinLedger.process.chargedPages == 0)
    }
  }

  @Test func `is done in whatever number threads ask for`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      let deferred = try DeferredRelease()
      let strategy = IOUringStrategy().ledgered()
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        for _ in 0..<50 {
          guard let registration = try? strategy.register(buffer.range, access: [.localWrite])
          else { continue }
          deferred.adopt(registration).releaseLater()
        }
      }
      deferred.drain()
      #expect(deferred.pendingCount == 0)
      #expect(try ProcessStatus().pinned == 0)
      #expect(PinLedger.process.chargedPages == 0)
    }
  }

  @Test func `may also be done at once, or by leaving the scope`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      let deferred = try DeferredRelease()
      let strategy = IOUringStrategy()
      try deferred.adopt(strategy.register(buffer.range, access: [.localWrite])).releaseNow()
      #expect(try ProcessStatus().pinned == 0)
      do { _ = deferred.adopt(try strategy.register(buffer.range, access: [.localWrite])) }
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `is finished by the worker after the last reference has gone`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      do {
        let deferred = try DeferredRelease()
        let registration = try IOUringStrategy().register(buffer.range, access: [.localWrite])
        deferred.adopt(registration).releaseLater()
      }
      for _ in 0..<1000 where try ProcessStatus().pinned > 0 { usleep(1000) }
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `frees its queue only after the last reference has let go of it`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 4096)
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        for _ in 0..<2000 {
          guard let deferred = try? DeferredRelease(),
            let registration = try? IOUringStrategy().register(buffer.range, access: [.localWrite])
          else { continue }
          deferred.adopt(registration).releaseLater()
        }
      }
      for _ in 0..<1000 where try ProcessStatus().pinned > 0 { usleep(1000) }
      #expect(try ProcessStatus().pinned == 0)
    }
  }
}
