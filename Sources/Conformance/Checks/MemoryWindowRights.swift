import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// What a window allows, and what its region has to allow.
  static let windowRights: [Check] = [
    Check(
      "mw.rights-are-its-own",
      "A window allows what it was bound for, though the region allows more."
    ) { context in
      for access: AccessFlags in [
        [.remoteRead], [.remoteWrite], [.remoteAtomic], [.remoteRead, .remoteWrite],
      ] {
        try context.withWindow(.type2, pages: 1) { memory, window in
          try memory.bind(&window, access: access, "\(access): bind")
          try memory.expectRights(access, "\(access)", key: window.rkey, atomicPage: 0)
        }
      }
    },
    Check(
      "mw.needs-a-region-for-it",
      "A region without MW_BIND takes no window, and stays as it was."
    ) { context in
      try context.withWindow(.type2, .full) { memory, window in
        try context.expectBindRefused("bind", &window, memory)
        try memory.expectCoherence(0, "the region itself")
      }
    },
    Check(
      "mw.needs-local-write-to-write",
      "A window for writing needs a region that this side may write."
    ) { context in
      try context.withWindow(.type2, [.remoteRead, .windowBind]) { memory, window in
        try context.expectBindRefused("bind", &window, memory, access: [.remoteWrite])
        let reading = try memory.device.bind(&window, to: memory.region, access: [.remoteRead])
        try context.expect("bind for reading", reading, .success)
        try memory.expectRead(0, memory.seen(0) ?? [], "read", key: window.rkey)
      }
    },
    Check(
      "mw.of-one-domain",
      "A window cannot be bound to a region of another domain.",
      needs: [.memoryWindows]
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      let other = try ProtectionDomain(on: context.domain.context)
      var window = try MemoryWindow(in: other, kind: .type2)
      try context.expectBindRefused("bind", &window, memory)
      try window.deallocate()
    },
    Check(
      "mw.bounds",
      "A transfer through a window that leaves it is refused, though it stays inside the region.",
      defect: .ofRXE(
        "rxe's check_rkey() checks a transfer for the bounds of the region, not of the window"
      )
    ) { context in
      try context.withBoundWindow(.type2, over: 1..<2) { memory, window in
        let key = window.rkey
        try memory.expectCoherence(1, "inside", key: key)
        let before = memory.seen(2) ?? []
        try memory.expectFailure(0, "read before the window", key: key)
        try memory.expectFailure(2, "read behind the window", key: key)
        let write = try memory.write(2, writer: 9, key: key)
        try context.expect("write behind the window", write, .remoteAccess)
        try context.expectBytes("the bytes behind it", memory.seen(2), before)
      }
    },
    Check(
      "mw.bounds-of-the-region",
      "A transfer through a window that leaves the region is refused."
    ) { context in
      try context.withBoundWindow(.type2, over: 3..<4) { memory, window in
        let answer = try memory.device.read(memory.address(3, 4090), key: window.rkey, count: 8)
        try context.expect("read over the end", answer.status, .remoteAccess)
        try memory.expectCoherence(3, "inside, after that", key: window.rkey)
      }
    },
    Check(
      "mw.outlives-a-refused-release",
      "A region whose release a window has refused (EINVAL) still carries the window's data.",
      needs: [.memoryWindows]
    ) { context in
      let device = context.deviceName
      let child = try Child { pipe in
        let own = try CheckContext(device: device, seed: 0, isAlone: false)
        let area = try Area(pages: 2)
        let cells = try CellDevice(in: own.domain)
        let region = try MemoryRegion(in: own.domain, range: area.range, access: .bindable)
        var window = try MemoryWindow(in: own.domain, kind: .type2)
        try cells.bind(&window, to: region)
        var code: Errno?
        do throws(VerbsError) { try region.deregister() } catch { code = error.code }
        try pipe.send(code)
        let bytes = ProbePattern.bytes(3, at: 0)
        _ = try ProcessorView().write(bytes, at: area.range.start)
        let answer = try cells.read(area.range.start, key: window.rkey)
        try pipe.send(answer.status == .success && answer.bytes == bytes ? 1 : 0)
        try pipe.send(try own.look().charged)
        let key = window.rkey
        try window.deallocate()
        try pipe.send(Int(try cells.read(area.range.start, key: key).status.rawValue))
        // The region is lost to this process, and goes with it.
        _exit(0)
      }
      try context.expectErrno("release", try child.pipe.receiveFailure(), .EINVAL)
      try context.expect("bytes through the window", try child.pipe.receive(), 1)
      let scratch = CellDevice.chargedPages(in: try context.domain)
      try context.expect("pages charged", try child.pipe.receive(), 2 + scratch)
      let status = CompletionStatus(rawValue: UInt32(try child.pipe.receive()))
      try context.expect("read when the window is gone", status, .remoteAccess)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
  ]
}

extension CheckContext {
  /// Expects that binding `window` to the memory's region fails.
  func expectBindRefused(
    _ subject: String,
    _ window: inout MemoryWindow,
    _ memory: MemoryExperiment,
    access: AccessFlags = [.remoteRead, .remoteWrite]
  ) throws {
    let bound = try memory.device.bind(&window, to: memory.region, access: access)
    try require(subject, bound != .success, expected: "an error", observed: "\(bound)")
  }
}
