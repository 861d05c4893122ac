import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension AccessFlags {
  /// Regions for windows: everything, and the binding itself.
  static let bindable: AccessFlags = full.union([.remoteAtomic, .windowBind])
}

extension Catalogue {
  /// Memory windows: keys over parts of a region, given and taken back.
  static let memoryWindows: [Check] = windowKeys + windowTypes + windowRights

  static func allocate(
    _ kind: MemoryWindow.Kind,
    _ context: CheckContext
  ) throws -> MemoryWindow {
    do throws(VerbsError) {
      return try MemoryWindow(in: try WindowDomain.of(context), kind: kind)
    } catch {
      if error.code == .EOPNOTSUPP || error.code == .EINVAL {
        throw Skip("the device has no windows of \(kind): \(error.code.name)")
      }
      throw error
    }
  }

  private static func forBothKinds(
    _ name: String,
    _ promise: String,
    _ body: @escaping @Sendable (CheckContext, MemoryWindow.Kind) throws -> Void
  ) -> [Check] {
    MemoryWindow.Kind.allCases.map { kind in
      Check("mw.\(kind.rawValue)-\(name)", promise) { try body($0, kind) }
    }
  }

  private static let windowKeys: [Check] =
    forBothKinds(
      "carries-data",
      "A bound window gives a key of its own, through which data goes both ways, and pins nothing."
    ) { context, kind in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(kind, context)
      let before = try context.look()
      let bound = try memory.device.bind(&window, to: memory.region)
      try context.expect("bind", bound, .success)
      try context.expect("bound", since: before, pages: 0)
      try context.expect("the region's key again", window.rkey == memory.region.rkey, false)
      for page in 0..<4 {
        try memory.expectCoherence(page, "page \(page)", key: window.rkey)
      }
      try memory.expectCoherence(0, "the region itself")
      try window.deallocate()
    }
    + forBothKinds(
      "is-taken-back",
      "A window that this side takes back is refused, and the region works on."
    ) { context, kind in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(kind, context)
      try memory.device.bind(&window, to: memory.region)
      let key = window.rkey
      try memory.expectCoherence(0, "bound", key: key)
      let unbound = try memory.device.unbind(&window, of: memory.region)
      try context.expect("taking back", unbound, .success)
      try memory.expectFailure(0, "read", key: key)
      try context.expect("write", try memory.write(0, writer: 4, key: key), .remoteAccess)
      try memory.expectCoherence(0, "the region itself")
      try window.deallocate()
    }
    + forBothKinds(
      "ends-with-its-deallocation",
      "The key of a deallocated window is refused, and the region can be released."
    ) { context, kind in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(kind, context)
      try memory.device.bind(&window, to: memory.region)
      let key = window.rkey
      try memory.expectCoherence(0, "bound", key: key)
      try window.deallocate()
      try memory.expectFailure(0, "read", key: key)
      try memory.expectCoherence(0, "the region itself")
    } + [
      Check(
        "mw.type1-bound-anew",
        "A window bound to another part has another key; the earlier one is refused."
      ) { context in
        let memory = try MemoryExperiment(context, .bindable)
        var window = try allocate(.type1, context)
        try memory.device.bind(&window, to: memory.region, range: memory.area.slice(0..<2))
        let first = window.rkey
        try memory.expectCoherence(0, "the first part", key: first)
        let again = try memory.device.bind(
          &window,
          to: memory.region,
          range: memory.area.slice(2..<4)
        )
        try context.expect("bind again", again, .success)
        try context.expect("the same key", window.rkey == first, false)
        try memory.expectFailure(0, "the earlier key", key: first)
        try memory.expectCoherence(2, "the second part", key: window.rkey)
        try window.deallocate()
      },
      Check(
        "mw.type2-revoked-by-the-peer",
        "A peer's send takes a window's key back."
      ) { context in
        let memory = try MemoryExperiment(context, .bindable)
        var window = try allocate(.type2, context)
        try memory.device.bind(&window, to: memory.region)
        let key = window.rkey
        try memory.expectCoherence(0, "bound", key: key)
        let room = AddressRange(start: memory.address(3), length: 64)
        let received = try memory.device.send(revoking: key, into: room, of: memory.region)
        try context.expect("receive", received?.status, .success)
        try memory.expectFailure(0, "read", key: key)
        try memory.expectCoherence(0, "the region itself")
        try window.deallocate()
      },
      Check(
        "mw.type2-revocation-is-named",
        "The receive of a send that takes a key back names the key.",
        defect: KnownDefect(
          "rxe hands out the kernel's flag IB_WC_WITH_INVALIDATE, which for programs is IBV_WC_IP_CSUM_OK",
          versions: "seen on 6.1, 6.12 and 7.3",
          applies: { Device.driver(of: $0.deviceName) == "rxe" }
        )
      ) { context in
        let memory = try MemoryExperiment(context, .bindable)
        var window = try allocate(.type2, context)
        try memory.device.bind(&window, to: memory.region)
        let key = window.rkey
        let room = AddressRange(start: memory.address(3), length: 64)
        let received = try memory.device.send(revoking: key, into: room, of: memory.region)
        try context.expect("receive", received?.status, .success)
        let named = received?.invalidatedKey.map { "0x\(String($0, radix: 16))" } ?? "none"
        try context.expect("the key that it names", named, "0x\(String(key, radix: 16))")
        try window.deallocate()
      },
      Check(
        "mw.type2-bound-twice",
        "A window that is bound must be taken back before it can be bound anew."
      ) { context in
        let memory = try MemoryExperiment(context, .bindable)
        var window = try allocate(.type2, context)
        try memory.device.bind(&window, to: memory.region)
        let key = window.rkey
        let again = try memory.device.bind(&window, to: memory.region)
        try context.require(
          "bind again",
          again != .success,
          expected: "an error",
          observed: "\(again)"
        )
        try context.expect("the key", window.rkey, key)
        try memory.expectCoherence(0, "the first binding", key: key)
        try context.expect(
          "taking back",
          try memory.device.unbind(&window, of: memory.region),
          .success
        )
        try context.expect("bind", try memory.device.bind(&window, to: memory.region), .success)
        try memory.expectCoherence(0, "the next binding", key: window.rkey)
        try window.deallocate()
      },
    ]

  private static let windowTypes: [Check] = [
    Check(
      "mw.no-other-type",
      "A window of a type that is neither 1 nor 2 is refused."
    ) { context in
      for type: UInt32 in [0, 3, 255] {
        let code = context.seen(try context.domain.probeWindow(type: type))
        try context.require(
          "a window of type \(type)",
          [.EINVAL, .EOPNOTSUPP].contains(code),
          expected: "EINVAL or EOPNOTSUPP",
          observed: code.outcome
        )
      }
    },
    Check(
      "mw.type2-refuses-the-call",
      "ibv_bind_mw refuses a window of type 2 (EINVAL), which stays as it was."
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(.type2, context)
      let key = window.rkey
      var code: Errno?
      do {
        try memory.device.bind(&window, to: memory.region, inWayOf: .type1)
      } catch let error as VerbsError {
        code = error.code
      }
      try context.expectErrno("the call", context.seen(code), .EINVAL)
      try context.expect("the key", window.rkey, key)
      try context.expect("bind", try memory.device.bind(&window, to: memory.region), .success)
      try memory.expectCoherence(0, "bound by a request", key: window.rkey)
      try window.deallocate()
    },
    Check(
      "mw.type1-refuses-the-request",
      "A bind request refuses a window of type 1, which stays as it was.",
      defect: KnownDefect(
        "librxe makes a request of ibv_bind_mw, so that the kernel takes a request for either type",
        versions: "seen on 6.1, 6.12 and 7.3",
        applies: { Device.driver(of: $0.deviceName) == "rxe" }
      )
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(.type1, context)
      let key = window.rkey
      var refusal = "none"
      do {
        let status = try memory.device.bind(&window, to: memory.region, inWayOf: .type2)
        if status != .success { refusal = "a completion" }
      } catch let error as VerbsError {
        if error.code == .EINVAL { refusal = "EINVAL" }
      }
      let left = window.rkey
      try window.deallocate()
      try context.require(
        "the request",
        refusal != "none",
        expected: "EINVAL, or a completion that is no success",
        observed: "success"
      )
      try context.expect("the key", left, key)
    },
  ]

  private static let windowRights: [Check] = [
    Check(
      "mw.rights-are-its-own",
      "A window allows what it was bound for, though the region allows more."
    ) { context in
      for access: AccessFlags in [
        [.remoteRead], [.remoteWrite], [.remoteAtomic], [.remoteRead, .remoteWrite],
      ] {
        let memory = try MemoryExperiment(context, pages: 1, .bindable)
        var window = try allocate(.type2, context)
        let bound = try memory.device.bind(&window, to: memory.region, access: access)
        try context.expect("\(access): bind", bound, .success)
        func expected(_ flag: AccessFlags) -> CompletionStatus {
          access.contains(flag) ? .success : .remoteAccess
        }
        let key = window.rkey
        try context.expect(
          "\(access): read",
          try memory.read(0, key: key).status,
          expected(.remoteRead)
        )
        try context.expect(
          "\(access): write",
          try memory.write(0, writer: 2, key: key),
          expected(.remoteWrite)
        )
        let atomic = try memory.device.fetchAdd(1, to: memory.address(0), key: key)
        try context.expect("\(access): atomic", atomic.status, expected(.remoteAtomic))
        try window.deallocate()
      }
    },
    Check(
      "mw.needs-a-region-for-it",
      "A region without MW_BIND takes no window, and stays as it was."
    ) { context in
      let memory = try MemoryExperiment(context, .full)
      var window = try allocate(.type2, context)
      let bound = try memory.device.bind(&window, to: memory.region)
      try context.require("bind", bound != .success, expected: "an error", observed: "\(bound)")
      try memory.expectCoherence(0, "the region itself")
      try window.deallocate()
    },
    Check(
      "mw.needs-local-write-to-write",
      "A window for writing needs a region that this side may write."
    ) { context in
      let memory = try MemoryExperiment(context, [.remoteRead, .windowBind])
      var window = try allocate(.type2, context)
      let bound = try memory.device.bind(&window, to: memory.region, access: [.remoteWrite])
      try context.require("bind", bound != .success, expected: "an error", observed: "\(bound)")
      let reading = try memory.device.bind(&window, to: memory.region, access: [.remoteRead])
      try context.expect("bind for reading", reading, .success)
      try memory.expectRead(0, memory.seen(0) ?? [], "read", key: window.rkey)
      try window.deallocate()
    },
    Check(
      "mw.of-one-domain",
      "A window cannot be bound to a region of another domain.",
      needs: [.memoryWindows]
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      let other = try ProtectionDomain(on: context.domain.context)
      var window = try MemoryWindow(in: other, kind: .type2)
      let bound = try memory.device.bind(&window, to: memory.region)
      try context.require("bind", bound != .success, expected: "an error", observed: "\(bound)")
      try window.deallocate()
    },
    Check(
      "mw.bounds",
      "A transfer through a window that leaves it is refused, though it stays inside the region.",
      defect: KnownDefect(
        "rxe's check_rkey() holds a transfer against the bounds of the region, not of the window",
        versions: "seen on 6.1, 6.12 and 7.3",
        applies: { Device.driver(of: $0.deviceName) == "rxe" }
      )
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(.type2, context)
      try memory.device.bind(&window, to: memory.region, range: memory.area.slice(1..<2))
      let key = window.rkey
      try memory.expectCoherence(1, "inside", key: key)
      let before = memory.seen(2) ?? []
      let outcome = Result {
        try memory.expectFailure(0, "read before the window", key: key)
        try memory.expectFailure(2, "read behind the window", key: key)
        let write = try memory.write(2, writer: 9, key: key)
        try context.expect("write behind the window", write, .remoteAccess)
        try context.expectBytes("the bytes behind it", memory.seen(2), before)
      }
      // Closing a device with a window bound makes rxe wait 50 s for the region's last reference.
      try window.deallocate()
      try outcome.get()
    },
    Check(
      "mw.bounds-of-the-region",
      "A transfer through a window that leaves the region is refused."
    ) { context in
      let memory = try MemoryExperiment(context, .bindable)
      var window = try allocate(.type2, context)
      try memory.device.bind(&window, to: memory.region, range: memory.area.slice(3..<4))
      let answer = try memory.device.read(memory.address(3, 4090), key: window.rkey, count: 8)
      try context.expect("read over the end", answer.status, .remoteAccess)
      try memory.expectCoherence(3, "inside, after that", key: window.rkey)
      try window.deallocate()
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
        let region = try MemoryRegion(
          in: own.domain,
          address: area.range.start,
          length: area.range.length,
          access: .bindable
        )
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
      let scratch = Int(CellDevice.scratchPages)
      try context.expect("pages charged", try child.pipe.receive(), 2 + scratch)
      let status = CompletionStatus(rawValue: UInt32(try child.pipe.receive()))
      try context.expect("read when the window is gone", status, .remoteAccess)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
  ]
}

/// The domain of a check, by typed errors.
private enum WindowDomain {
  static func of(_ context: CheckContext) throws(VerbsError) -> ProtectionDomain {
    do {
      return try context.domain
    } catch {
      throw error as? VerbsError ?? VerbsError("ibv_alloc_pd", code: .EIO)
    }
  }
}
