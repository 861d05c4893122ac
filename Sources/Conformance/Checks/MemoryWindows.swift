import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Memory windows: keys over parts of a region, given and taken back.
  static let memoryWindows: [Check] = windowKeys + windowTypes + windowRights

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
      try context.withWindow(kind) { memory, window in
        let before = try context.look()
        try memory.bind(&window)
        try context.expect("bound", since: before, pages: 0)
        try context.expect("the region's key again", window.rkey == memory.region.rkey, false)
        for page in 0..<4 {
          try memory.expectCoherence(page, "page \(page)", key: window.rkey)
        }
        try memory.expectCoherence(0, "the region itself")
      }
    }
    + forBothKinds(
      "is-taken-back",
      "A window that this side takes back is refused, and the region works on."
    ) { context, kind in
      try context.withBoundWindow(kind) { memory, window in
        let key = window.rkey
        try memory.expectCoherence(0, "bound", key: key)
        try memory.unbind(&window)
        try memory.expectFailure(0, "read", key: key)
        try context.expect("write", try memory.write(0, writer: 4, key: key), .remoteAccess)
        try memory.expectCoherence(0, "the region itself")
      }
    }
    + forBothKinds(
      "ends-with-its-deallocation",
      "The key of a deallocated window is refused, and the region can be released."
    ) { context, kind in
      let (memory, key) = try context.withBoundWindow(kind) { memory, window in
        try memory.expectCoherence(0, "bound", key: window.rkey)
        return (memory, window.rkey)
      }
      try memory.expectFailure(0, "read", key: key)
      try memory.expectCoherence(0, "the region itself")
    } + [
      Check(
        "mw.type1-bound-anew",
        "A window bound to another part has another key; the earlier one is refused."
      ) { context in
        try context.withBoundWindow(.type1, over: 0..<2) { memory, window in
          let first = window.rkey
          try memory.expectCoherence(0, "the first part", key: first)
          try memory.bind(&window, over: 2..<4, "bind again")
          try context.expect("the same key", window.rkey == first, false)
          try memory.expectFailure(0, "the earlier key", key: first)
          try memory.expectCoherence(2, "the second part", key: window.rkey)
        }
      },
      Check(
        "mw.type2-revoked-by-the-peer",
        "A peer's send takes a window's key back."
      ) { context in
        try context.withBoundWindow(.type2) { memory, window in
          let key = window.rkey
          try memory.expectCoherence(0, "bound", key: key)
          let received = try memory.receive(revoking: key)
          try context.expect("receive", received?.status, .success)
          try memory.expectFailure(0, "read", key: key)
          try memory.expectCoherence(0, "the region itself")
        }
      },
      Check(
        "mw.type2-revocation-is-named",
        "The receive of a send that takes a key back names the key.",
        defect: .ofRXE(
          "rxe hands out the kernel's flag IB_WC_WITH_INVALIDATE, which for programs is IBV_WC_IP_CSUM_OK"
        )
      ) { context in
        try context.withBoundWindow(.type2) { memory, window in
          let key = window.rkey
          let received = try memory.receive(revoking: key)
          try context.expect("receive", received?.status, .success)
          let named = received?.invalidatedKey.map { "0x\(String($0, radix: 16))" } ?? "none"
          try context.expect("the key that it names", named, "0x\(String(key, radix: 16))")
        }
      },
      Check(
        "mw.type2-bound-twice",
        "A window that is bound must be taken back before it can be bound anew."
      ) { context in
        try context.withBoundWindow(.type2) { memory, window in
          let key = window.rkey
          try context.expectBindRefused("bind again", &window, memory)
          try context.expect("the key", window.rkey, key)
          try memory.expectCoherence(0, "the first binding", key: key)
          try memory.unbind(&window)
          try memory.bind(&window)
          try memory.expectCoherence(0, "the next binding", key: window.rkey)
        }
      },
    ]

  private static let windowTypes: [Check] = [
    Check(
      "mw.no-other-type",
      "A window of a type that is neither 1 nor 2 is refused."
    ) { context in
      for type: UInt32 in [0, 3, 255] {
        let code = context.seen(try context.domain.probeWindow(type: type))
        try context.expectErrno("a window of type \(type)", code, in: [.EINVAL, .EOPNOTSUPP])
      }
    },
    Check(
      "mw.type2-refuses-the-call",
      "ibv_bind_mw refuses a window of type 2 (EINVAL), which stays as it was."
    ) { context in
      try context.withWindow(.type2) { memory, window in
        let key = window.rkey
        var code: Errno?
        do {
          try memory.device.bind(&window, to: memory.region, inWayOf: .type1)
        } catch let error as VerbsError {
          code = error.code
        }
        try context.expectErrno("the call", context.seen(code), .EINVAL)
        try context.expect("the key", window.rkey, key)
        try memory.bind(&window)
        try memory.expectCoherence(0, "bound by a request", key: window.rkey)
      }
    },
    Check(
      "mw.type1-refuses-the-request",
      "A bind request refuses a window of type 1, which stays as it was.",
      defect: .ofRXE(
        "librxe makes a request of ibv_bind_mw, so that the kernel takes a request for either type"
      )
    ) { context in
      try context.withWindow(.type1) { memory, window in
        let key = window.rkey
        var refusal = "none"
        do {
          let status = try memory.device.bind(&window, to: memory.region, inWayOf: .type2)
          if status != .success { refusal = "a completion" }
        } catch let error as VerbsError {
          if error.code == .EINVAL { refusal = "EINVAL" }
        }
        try context.require(
          "the request",
          refusal != "none",
          expected: "EINVAL, or a completion that is no success",
          observed: "success"
        )
        try context.expect("the key", window.rkey, key)
      }
    },
  ]
}

extension MemoryExperiment {
  /// The receive of a send that takes `key` back.
  fileprivate func receive(revoking key: UInt32) throws -> WorkCompletion? {
    let room = AddressRange(start: address(3), length: 64)
    return try device.send(revoking: key, into: room, of: region)
  }
}
