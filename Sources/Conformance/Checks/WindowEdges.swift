import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Who may bind, use and take back a window, and where it may lie.
  static let windowEdges: [Check] = windowPlaces + windowUsers + windowStaleKeys

  private static let windowPlaces: [Check] = [
    withWindow(
      .type2,
      "mw.bind-stays-inside",
      "A window cannot be bound to a byte outside of its region."
    ) { context, memory, window in
      let region = try context.register(memory.area.bytes(Area.page, Area.page), .bindable)
      let part = region.range
      for (what, range) in [
        ("one byte past", AddressRange(start: part.start, length: part.length + 1)),
        ("one byte before", AddressRange(start: part.start - 1, length: 8)),
        ("behind", AddressRange(start: part.end, length: 8)),
        ("before", AddressRange(start: part.start - 64, length: 64)),
      ] {
        try context.requireError(
          "bind \(what)",
          try memory.device.bind(&window, unchecked: range, of: memory.region, lkey: region.lkey)
        )
      }
      try region.release()
    },
    withWindow(
      .type2,
      "mw.zero-based",
      "A zero-based window counts its bytes from 0."
    ) { context, memory, window in
      let part = memory.area.slice(1..<3)
      let bound = try memory.device.bind(
        &window,
        to: memory.region,
        range: part,
        access: [.remoteRead, .remoteWrite, .zeroBased]
      )
      try context.expect("bind", bound, .success)
      let bytes = ProbePattern.bytes(1, at: 3)
      memory.put(bytes, 1, 64)
      let answer = try memory.device.read(64, key: window.rkey)
      try context.expect("read at 64", answer.status, .success)
      try context.expectBytes("bytes at 64", answer.bytes, bytes)
      let sent = ProbePattern.bytes(2, at: 3)
      let write = try memory.device.write(sent, to: 4096, key: window.rkey)
      try context.expect("write at 4096", write, .success)
      try context.expectBytes("bytes at 4096", memory.seen(2), sent)
    },
    withWindow(
      .type1,
      "mw.type1-is-not-zero-based",
      "A window of type 1 cannot be zero-based."
    ) { context, memory, window in
      try context.requireError(
        "bind",
        // By a request, as ibv_bind_mw(3) refuses it before the kernel does.
        try memory.device.bind(
          &window,
          to: memory.region,
          access: [.remoteRead, .zeroBased],
          inWayOf: .type2
        )
      )
    },
  ]

  private static let windowUsers: [Check] = [
    withBoundWindow(
      .type2,
      "mw.type2-through-another-pair",
      "A window of type 2 is reached through the queue pair that bound it, and no other."
    ) { context, memory, window in
      try memory.expectReached(by: "pair", not: context.domain, key: window.rkey)
    },
    withBoundWindow(
      .type1,
      "mw.type1-of-another-domain",
      "A window cannot be reached through a queue pair of another domain."
    ) { context, memory, window in
      let other = try ProtectionDomain(on: context.domain.context)
      try memory.expectReached(by: "domain", not: other, key: window.rkey)
    },
    withWindow(
      .type2,
      "mw.bound-by-another-domain",
      "A queue pair cannot bind a window of another domain to a region of its own."
    ) { context, memory, window in
      let domain = try ProtectionDomain(on: context.domain.context)
      let other = try CellDevice(in: domain)
      let region = try context.register(memory.area.range, .bindable, in: domain)
      try context.requireError(
        "bind",
        try other.bind(&window, unchecked: memory.area.range, of: memory.region, lkey: region.lkey)
      )
      try region.release()
    },
    withWindow(
      .type2,
      "mw.bound-to-another-domain",
      "A queue pair cannot bind a window of its own domain to a region of another.",
      defect: KnownDefect(
        "rxe binds it, and the window then reaches what its domain does not have",
        versions: "rxe, seen on 6.1",
        applies: {
          Device.driver(of: $0.deviceName) == "rxe" && KernelRelease.running < KernelRelease(6, 12)
        }
      )
    ) { context, memory, window in
      let domain = try ProtectionDomain(on: context.domain.context)
      let foreign = try context.register(memory.area.range, .bindable, in: domain)
      let bound = try memory.device.bind(
        &window,
        unchecked: memory.area.range,
        of: memory.region,
        lkey: foreign.lkey
      )
      let outcome = Result { try context.requireError("bind", bound) }
      if bound == .success { _ = try memory.device.unbind(&window, of: memory.region) }
      try foreign.release()
      try outcome.get()
    },
  ]

  private static let windowStaleKeys: [Check] = [
    withWindow(
      .type2,
      "mw.stale-key-binds-nothing",
      "A window is not bound by a key that it does not have, nor by one that the region does not have."
    ) { context, memory, window in
      let part = memory.area.slice(0..<1)
      try context.requireError(
        "bind by another key of the region",
        try memory.device.bind(
          &window,
          unchecked: part,
          of: memory.region,
          lkey: memory.region.lkey ^ 1
        )
      )
      try context.requireError(
        "bind by another key of the window",
        try memory.device.bind(
          &window,
          unchecked: part,
          of: memory.region,
          windowKey: window.rkey ^ 0x55
        )
      )
    },
    withBoundWindow(
      .type2,
      "mw.stale-key-invalidates-nothing",
      "A window is not taken back by a key that it does not have."
    ) { context, memory, window in
      let stale = window.rkey ^ 0x55
      let end = try memory.device.pair.responder.invalidate(stale)
      try context.requireError("invalidate by it", try memory.device.settle(end))
      try memory.expectRevocationRefused("receive of a send with it", of: stale)
      try memory.expectCoherence(0, "the window, after that", key: window.rkey)
    },
    withBoundWindow(
      .type1,
      "mw.type1-is-not-revoked",
      "A peer's send cannot take the key of a window of type 1 back."
    ) { context, memory, window in
      try memory.expectRevocationRefused("receive", of: window.rkey)
      try memory.expectCoherence(0, "the window, after that", key: window.rkey)
    },
  ]

  /// A check of an unbound window over fresh memory.
  private static func withWindow(
    _ kind: MemoryWindow.Kind,
    _ name: String,
    _ promise: String,
    defect: KnownDefect? = nil,
    _ body: @escaping WindowBody
  ) -> Check {
    Check(name, promise, defect: defect) { context in
      try context.withWindow(kind) { memory, window in try body(context, memory, &window) }
    }
  }

  /// A check of a window bound to fresh memory.
  private static func withBoundWindow(
    _ kind: MemoryWindow.Kind,
    _ name: String,
    _ promise: String,
    _ body: @escaping WindowBody
  ) -> Check {
    withWindow(kind, name, promise) { context, memory, window in
      try memory.bind(&window)
      try body(context, memory, &window)
    }
  }

  private typealias WindowBody =
    @Sendable (CheckContext, MemoryExperiment, inout MemoryWindow) throws -> Void
}

extension MemoryExperiment {
  /// Expects that only this side's own `what` reaches the memory by `key`, and a pair of `other` does not.
  fileprivate func expectReached(
    by what: String,
    not other: ProtectionDomain,
    key: UInt32
  ) throws {
    let read = try CellDevice(in: other).read(address(0), key: key).status
    try context.expect("read through another \(what)", read, .remoteAccess)
    try expectCoherence(0, "its own \(what), after that", key: key)
  }
}

extension CellDevice {
  /// Binds a window to any addresses, by any keys of window and region.
  func bind(
    _ window: inout MemoryWindow,
    unchecked range: AddressRange,
    of region: borrowing MemoryRegion,
    lkey: UInt32? = nil,
    windowKey: UInt32? = nil
  ) throws -> CompletionStatus {
    let end = try pair.responder.bind(
      &window,
      unchecked: range,
      of: region,
      access: [.remoteRead, .remoteWrite],
      windowKey: windowKey,
      regionKey: lkey
    )
    return try settle(end)
  }
}
