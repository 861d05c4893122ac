import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Catalogue {
  /// Regions over their life: released once, in any order, without a trace.
  static let lifecycle: [Check] = [
    Check(
      "lifecycle.bound-window-refuses",
      "A region with a window bound to it cannot be released (EINVAL) and stays charged; without, it can.",
      needs: [.memoryWindows]
    ) { context in
      let (area, before) = try context.memory(pages: 4)
      let child = try context.fork { own, pipe in
        let pair = try LoopbackPair(in: own.domain)
        for isUnbound in [true, false] {
          let region = try MemoryRegion(
            in: own.domain,
            range: area.range,
            access: [.localWrite, .windowBind]
          )
          var window = try MemoryWindow(in: own.domain, kind: .type2)
          let bound = try pair.requester.bind(
            &window,
            to: area.range,
            of: region,
            access: [.remoteRead]
          )
          try pipe.send(bound.status == .success ? 1 : 0)
          let code: Errno?
          if isUnbound {
            try window.deallocate()
            code = result(ofReleasing: region)
          } else {
            code = result(ofReleasing: region)
            try window.deallocate()
          }
          try pipe.send(own.seen(code))
          try pipe.send(try own.look().charged)
        }
        _exit(0)
      }
      for (code, charged) in [(nil, 0), (.EINVAL, 4)] as [(Errno?, Int)] {
        try context.expect("window bound", try child.pipe.receive(), 1)
        try context.expectErrno("release", try child.pipe.receiveFailure(), code)
        try context.expect("pages charged", try child.pipe.receive(), charged)
      }
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("after its end", since: before, pages: 0)
    },
    Check(
      "lifecycle.second-release-refused",
      "The kernel refuses to release a region that is released already, and uncharges it once."
    ) { context in
      let area = try Area(pages: 8)
      let other = try Area(pages: 4)
      let before = try context.look()
      let kept = try context.register(other.range)
      let region = try context.register(area.range)
      let child = try Child { pipe in try pipe.send(region.releaseResult()) }
      try context.expectErrno("release by the child", try child.pipe.receiveFailure(), nil)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("after the child's release", since: before, pages: 4)
      let code = region.releaseResult()
      try context.expectErrno("second release", code, in: [.ENOENT, .EINVAL])
      try context.expect("after the second release", since: before, pages: 4)
      try kept.release()
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "lifecycle.busy-domain-refused",
      "A protection domain with a region in it cannot be deallocated (EBUSY)."
    ) { context in
      let area = try Area(pages: 4)
      let child = try context.fork { own, pipe in
        _ = try own.domain
        // The region of a grandchild stays in the kernel, and no object of this process holds the domain.
        let grandchild = try Child { pipe in
          let region = try own.register(area.range)
          // Out by _exit, so that nothing is released but by the kernel.
          _exit(region.lkey == 0 ? 1 : 0)
        }
        try pipe.send(try grandchild.wait() == .exited(0) ? 1 : 0)
        own.close()
        try pipe.send(own.seen(ReleaseFailures.last?.code))
      }
      _ = try child.pipe.receive()
      try context.expectErrno("deallocation", try child.pipe.receiveFailure(), .EBUSY)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
    Check(
      "lifecycle.hundred-thousand",
      "A hundred thousand registrations leave the process and the kernel no larger and nothing charged.",
      scope: .system,
      timeLimitSeconds: 300
    ) { context in
      let area = try Area(pages: 4)
      let domain = try context.domain
      let range = area.slice(0..<1)
      func cycle(_ count: Int) throws(VerbsError) {
        for _ in 0..<count { try domain.cycle(range) }
      }
      try cycle(1000)
      context.hasAttempted = true
      let before = try context.look()
      let kernel = try KernelMemory()
      // What leaks grows in both halves; memory that the kernel makes a huge page of grows once, by up to 2 MiB.
      var growths: [Int] = []
      for _ in 0..<2 {
        let resident = try ProcessSize.residentKibibytes
        try cycle(50_000)
        growths.append(try ProcessSize.residentKibibytes - resident)
      }
      // A hundred bytes each would be 9.5 MiB, and a page each 390.
      let most: Int64 = 8 << 10
      let kept = try kernel.settledGrowth(below: most)
      try context.require(
        "growth of what the kernel cannot reclaim",
        kept < most,
        expected: "less than \(most) KiB",
        observed: "\(kept) KiB"
      )
      try context.require(
        "growth of VmRSS in each half",
        growths.contains { $0 < 512 },
        expected: "less than 512 KiB in one of them",
        observed: growths.map { "\($0) KiB" }.joined(separator: ", ")
      )
      let region = try context.register(area.range)
      try context.expect("one region after", since: before, pages: 4)
      try region.release()
    },
    Check(
      "lifecycle.exits-free-the-address-space",
      "A hundred processes that have registered and ended leave no address space behind.",
      needs: [.capability(.sysAdmin)],
      scope: .system
    ) { context in
      let area = try Area(pages: 1)
      func register(_ count: Int) throws {
        for _ in 0..<count {
          let child = try context.fork { own, _ in
            let region = try own.register(area.range)
            try region.release()
            _exit(0)
          }
          try context.expect("end of a child", try child.wait(), .exited(0))
        }
      }
      try register(10)
      guard let before = try KernelMemory.objects("mm_struct") else {
        throw Skip("the kernel counts no mm_struct (/proc/slabinfo)")
      }
      try register(100)
      var more = 100
      // Freed when every processor has passed by, and cached pages of the slab aside.
      for _ in 0..<50 where more >= 50 {
        usleep(100_000)
        more = (try KernelMemory.objects("mm_struct") ?? before) - before
      }
      try context.require(
        "address spaces more than before",
        more < 50,
        expected: "less than 50",
        observed: "\(more)"
      )
    },
    Check(
      "lifecycle.releases-are-prompt",
      "A release does not wait: not after transfers, nor after one that was refused."
    ) { context in
      let memory = try MemoryExperiment(context)
      var best = Duration.seconds(100)
      for _ in 0..<3 {
        let region = try context.register(memory.area.range)
        try memory.expectCoherence(0, "a transfer", key: region.rkey)
        let past = memory.area.range.end - 4
        let refused = try memory.device.read(past, key: region.rkey, count: 8).status
        try context.expect("a transfer over the end", refused, .remoteAccess)
        let began = ContinuousClock.now
        try region.release()
        best = min(best, ContinuousClock.now - began)
      }
      try context.require(
        "the fastest of three releases",
        best < .milliseconds(500),
        expected: "less than half a second",
        observed: "\(best)"
      )
    },
    Check(
      "lifecycle.refused-release-keeps-the-domain",
      "However often a window keeps a region from being released, the region keeps its domain.",
      needs: [.memoryWindows]
    ) { context in
      let device = context.deviceName
      let area = try Area(pages: 1)
      let child = try context.fork { own, pipe in
        let whole = try ProtectionDomain(on: DeviceContext(named: device))
        let region = try MemoryRegion(in: whole, range: area.range, access: .bindable)
        let cells = try LoopbackPair(in: whole)
        var window = try MemoryWindow(in: whole, kind: .type2)
        let bound = try cells.responder.bind(
          &window,
          to: area.range,
          of: region,
          access: .remoteRead
        )
        try pipe.send(bound.status == .success ? 1 : 0)
        let handle = region.detach()
        var refusals = 0
        for _ in 0..<8 {
          let copy = MemoryRegion(adopting: handle, area.range, in: whole)
          if own.seen(result(ofReleasing: copy)) == .EINVAL { refusals += 1 }
        }
        try pipe.send(refusals)
        try pipe.send(own.seen(whole.deallocationResult()))
        _exit(0)
      }
      try context.expect("window bound", try child.pipe.receive(), 1)
      try context.expect("refused releases", try child.pipe.receive(), 8)
      let refusal = Errno(status: Int32(try child.pipe.receive()))
      try context.expectErrno("deallocating the domain", refusal, .EBUSY)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
    Check(
      "lifecycle.growing-and-shrinking",
      "One address registered with growing and shrinking lengths is charged by each in turn."
    ) { context in
      let area = try Area(pages: 64)
      for count in Array(1...64) + (1...64).reversed() {
        try context.expectRegistration("\(count) pages", area.slice(0..<count))
      }
    },
    Check(
      "lifecycle.mended-after-failure",
      "A range that failed for a hole registers once the hole is filled."
    ) { context in
      let area = try Area(pages: 8)
      try area.unmap(3..<4)
      try context.expectRegistration("with a hole", area.range, errno: .EFAULT)
      let patch = try Area(pages: 1, at: area.slice(3..<4).start)
      try context.expectRegistration("filled", area.range)
      withExtendedLifetime(patch) {}
    },
    Check(
      "lifecycle.release-after-remapping",
      "A release after other memory was mapped in place leaves that memory alone."
    ) { context in
      let (area, before, region) = try context.registered(pages: 8, filled: true)
      try area.unmap()
      let other = try Area(pages: 8, at: area.range.start)
      other.fill(from: 77)
      try context.release(region, since: before)
      try context.expectFilled(other, from: 77)
    },
    Check(
      "lifecycle.domains-in-any-order",
      "Regions of several domains are released in any order."
    ) { context in
      let area = try Area(pages: 8)
      let device = try context.domain.context
      let domains = try (0..<20).map { _ in try ProtectionDomain(on: device) }
      let before = try context.look()
      var regions = try domains.map { try context.register(area.range, in: $0) }
      try context.expect("20 regions of 20 domains", since: before, pages: 160)
      regions.shuffle(using: &context.random)
      for region in regions { try region.release() }
      try context.expect("released", since: before, pages: 0)
    },
    Check(
      "lifecycle.two-contexts",
      "Two contexts of one process are charged to the same account, and each closes by itself.",
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 8)
      let first = try context.register(area.range)
      let second = try context.register(
        area.range,
        in: ProtectionDomain(on: DeviceContext(named: context.deviceName))
      )
      try context.expect("two contexts", since: before, pages: 16)
      try second.release()
      try context.expect("one left", since: before, pages: 8)
      try first.release()
      try context.expect("none left", since: before, pages: 0)
    },
    Check(
      "lifecycle.threads-share-a-page",
      "Eight threads that register and release one page at once leave no pin on it.",
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 1)
      let range = area.range
      try context.concurrently(8, "all done", since: before) { (domain, _) throws(VerbsError) in
        for _ in 0..<50 { try domain.cycle(range) }
      }
      withExtendedLifetime(area) {}
    },
  ]

  private static func result(ofReleasing region: consuming MemoryRegion) -> Errno? {
    do throws(VerbsError) {
      try region.deregister()
      return nil
    } catch {
      return error.code
    }
  }
}
