internal import CLinux
import Glibc
import HostMemory
import Registration
import Verbs

extension Catalogue {
  /// Pages under a region stay where they are, whatever is done to the memory, and each pin is put once.
  static let dmaPinned: [Check] = forks + advices + files + counts

  private static func check(
    _ name: String,
    _ promise: String,
    needs: [Need] = [],
    optIn: String? = nil,
    _ body: @escaping @Sendable (CheckContext) throws -> Void
  ) -> Check {
    Check(
      "dma-pinned.\(name)",
      promise,
      needs: [.systemCounters, .capability(.sysAdmin)] + needs,
      scope: .system,
      optIn: optIn,
      body
    )
  }

  private static let forks: [Check] = [
    check(
      "fork-keeps-frames",
      "After fork the parent keeps the pinned frames through its own writes; the child has copies."
    ) { context in
      let area = try Area(pages: 8)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      let child = try Onlooker(area.range)
      area.fill(from: 1)
      try context.expect("parent's frames", try context.frames(of: area.range), frames)
      for (frame, childs) in zip(frames, child.frames) {
        try context.require(
          "child's frame",
          childs != frame && childs != 0,
          expected: "a copy",
          observed: "\(childs), parent's \(frame)"
        )
      }
      try region.release()
    },
    check(
      "fork-shares-without-pin",
      "Without a region a forked child shares the frames, and a write gives the parent new ones."
    ) { context in
      let area = try Area(pages: 8)
      area.fill()
      let frames = try context.frames(of: area.range)
      let child = try Onlooker(area.range)
      try context.expect("child's frames", child.frames, frames)
      area.fill(from: 1)
      let moved = zip(frames, try context.frames(of: area.range)).count { $0 != $1 }
      try context.expect("frames that moved", moved, 8)
    },
    check(
      "fork-read-only-region",
      "A region for reading follows the parent's writes after fork: its frames stay the parent's."
    ) { context in
      let area = try Area(pages: 8)
      area.fill()
      let region = try context.register(area.range, [.remoteRead])
      let frames = try context.frames(of: area.range)
      let child = try Onlooker(area.range)
      area.fill(from: 1)
      try context.expect("parent's frames", try context.frames(of: area.range), frames)
      withExtendedLifetime(child) {}
      try region.release()
    },
    check(
      "fork-copies-whole-huge-page",
      "One registered page makes fork copy the whole transparent huge page for the child.",
      needs: [.transparentHugePages]
    ) { context in
      let area = try LargeArea(mebibytes: 2, hugePages: .transparent)
      let region = try context.register(area.bytes(0, 1))
      let probed = area.bytes(100 * Area.page, Area.page)
      let frames = try context.frames(of: probed)
      let child = try Onlooker(probed)
      try context.require(
        "child's frame of page 100",
        child.frames != [0] && child.frames != frames,
        expected: "a copy",
        observed: "\(child.frames)"
      )
      try context.expect("parent's frame", try context.frames(of: probed), frames)
      try region.release()
    },
    check(
      "registering-ends-sharing",
      "Registering pages that a child shares gives the parent frames of its own, for reading too."
    ) { context in
      for access: AccessFlags in [.full, [.remoteRead]] {
        let area = try Area(pages: 8)
        area.fill()
        let child = try Onlooker(area.range)
        let region = try context.register(area.range, access)
        let moved = zip(child.frames, try context.frames(of: area.range)).count { $0 != $1 }
        try context.expect("frames that moved under \(access)", moved, 8)
        try region.release()
      }
    },
  ]

  private static let advices: [Check] = [
    check("discard-parts", "After MADV_DONTNEED the CPU gets new frames; the old stay pinned.") {
      context in
      let area = try Area(pages: 8)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try area.advise(.dontNeed)
      area.fill(from: 1)
      let moved = zip(frames, try context.frames(of: area.range)).count { $0 != $1 }
      try context.expect("frames that differ", moved, 8)
      try context.expect("discarded", since: before, pages: 8)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    check("shared-discard-keeps", "After MADV_DONTNEED shared memory comes back in its frames.") {
      context in
      let area = try Area(OpenFile(memfdOfPages: 8), pages: 8)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try area.advise(.dontNeed)
      area.fill(from: 1)
      try context.expect("frames", try context.frames(of: area.range), frames)
      try region.release()
    },
    check("free-keeps", "MADV_FREE with reclaim takes neither frames nor data of a region.") {
      context in
      let area = try Area(pages: 8)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try area.advise(.free)
      _ = area.adviceResult(.pageOut)
      try context.expect("frames", try context.frames(of: area.range), frames)
      try context.expectFilled(area)
      try region.release()
    },
    check("not-swapped", "Reclaim swaps the neighbours out and leaves a region's pages.") {
      context in
      let swap = try SwapDevice()
      let area = try Area(pages: 128)
      area.fill()
      let region = try context.register(area.slice(0..<64))
      let frames = try context.frames(of: area.slice(0..<64))
      try area.advise(.pageOut)
      try context.expect("frames", try context.frames(of: area.slice(0..<64)), frames)
      let entries = try PageMap().entries(in: area.slice(64..<128))
      try context.expect("neighbours swapped out", entries.count(where: \.isSwapped), 64)
      try context.expectFilled(area)
      try region.release()
      withExtendedLifetime(swap) {}
    },
    check("move-follows", "mremap takes a region's frames along to the new address.") { context in
      let area = try Area(pages: 8)
      let place = try Area(pages: 8)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try SystemError.check(
        "move memory",
        clinux_move_mapping(area.range.start, Int(area.range.length), place.range.start)
      )
      try context.expect("frames", try context.frames(of: place.range), frames)
      try region.release()
    },
    check("protect-keeps", "mprotect leaves a region's frames, and the region its pins.") {
      context in
      let area = try Area(pages: 8)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      for protection: Area.Protection in [.none, .read, .readWrite] {
        try area.protect(protection)
        try context.expect("protected", since: before, pages: 8)
      }
      area.fill(from: 1)
      try context.expect("frames", try context.frames(of: area.range), frames)
      try region.release()
    },
    check("compaction-keeps", "Compaction of all memory leaves a region's frames.") { context in
      let area = try Area(pages: 512)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try KernelSwitch.write("1", to: "/proc/sys/vm/compact_memory")
      try context.expect("frames", try context.frames(of: area.range), frames)
      try region.release()
    },
    check(
      "collapse-refused",
      "Base pages are not made a huge page (EAGAIN) while one of them is pinned, and are after.",
      needs: [.transparentHugePages]
    ) { context in
      let area = try LargeArea(mebibytes: 2, hugePages: .collapsible)
      let region = try context.register(area.bytes(100 * Area.page, 1))
      let frames = try context.frames(of: area.range)
      let code = context.seen(area.collapse())
      if code == EINVAL { throw Skip("this kernel has no MADV_COLLAPSE") }
      try context.expectErrno("collapse under a pin", code, EAGAIN)
      let probed = area.bytes(100 * Area.page, Area.page)
      try context.expect("pinned frame", try context.frames(of: probed), [frames[100]])
      try region.release()
      try context.expectErrno("collapse without", context.seen(area.collapse()), 0)
    },
    check(
      "node-migration-refused",
      "move_pages leaves a region's page on its node, and moves it once the region is gone.",
      needs: [
        .path("/sys/devices/system/node/node1", "needs two NUMA nodes (boot with numa=fake=2)")
      ]
    ) { context in
      let area = try Area(pages: 1)
      area.fill()
      let page = area.range.start
      try context.expect("pages left behind by a move to node 0", try NodeMove(page, to: 0).left, 0)
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      let refused = try NodeMove(page, to: 1)
      try context.expect("pages left behind by a move to node 1", refused.left, 1)
      try context.expect("frame", try context.frames(of: area.range), frames)
      try region.release()
      let moved = try NodeMove(page, to: 1)
      try context.expect("pages left behind without the region", moved.left, 0)
      try context.expect("node without the region", moved.node, 1)
      try context.expectFilled(area)
    },
    check(
      "merging-refused",
      "Same-page merging (KSM) gives equal pages one frame and leaves those of a region apart.",
      needs: [.path("/sys/kernel/mm/ksm/run", "this kernel has no same-page merging")]
    ) { context in
      let pinned = try Area(pages: 8)
      let others = try Area(pages: 8)
      // Contents of their own, as no page merges with one that is compared with a pinned one first.
      for (area, content) in [(pinned, 0x5eed_0000), (others, 0x5eed_0001)] as [(Area, UInt64)] {
        for page in 0..<8 { area[page] = content }
        try area.advise(.mergeable)
      }
      let region = try context.register(pinned.range)
      let frames = try context.frames(of: pinned.range)
      let merging = try PageMerging()
      try merging.scan(times: 4)
      try context.expect("frames", try context.frames(of: pinned.range), frames)
      let merged = Set(try context.frames(of: others.range))
      try context.expect("frames of 8 equal pages beside it", merged.count, 1)
      try region.release()
      withExtendedLifetime(merging) {}
    },
    check(
      "leaves-movable-zone",
      "Registering moves pages out of ZONE_MOVABLE, where none may stay pinned, data and all."
    ) { context in
      let zones = MovableZone.frames
      func count(_ frames: [UInt64]) -> Int {
        frames.count { frame in zones.contains { $0.contains(frame) } }
      }
      guard !zones.isEmpty else { throw Skip("no ZONE_MOVABLE (boot with movablecore=1G)") }
      let area = try Area(pages: 64)
      area.fill()
      guard count(try context.frames(of: area.range)) > 0 else {
        throw Skip("the kernel put none of 64 fresh pages into ZONE_MOVABLE")
      }
      let before = try context.look()
      let region = try context.register(area.range)
      try context.expect("registered", since: before, pages: 64)
      let frames = try context.frames(of: area.range)
      try context.expect("frames in ZONE_MOVABLE", count(frames), 0)
      try context.expectFilled(area)
      try context.expect("frames later", try context.frames(of: area.range), frames)
      try region.release()
    },
    check("soft-offline-refused", "A region's page cannot be taken offline softly (EBUSY).") {
      context in
      let area = try Area(pages: 1)
      area.fill()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      let code = context.seen(area.adviceResult(.softOffline))
      if code == EINVAL { throw Skip("this kernel takes no memory offline") }
      try context.expectErrno("soft offline", code, EBUSY)
      try context.expect("frame", try context.frames(of: area.range), frames)
      try region.release()
    },
    check(
      "soft-offline-moves-unpinned",
      "A page without region goes offline softly, and its data moves to another frame.",
      optIn: "takes a page of memory out of use until the next boot"
    ) { context in
      let area = try Area(pages: 1)
      area.fill()
      let frames = try context.frames(of: area.range)
      let code = context.seen(area.adviceResult(.softOffline))
      if code == EINVAL { throw Skip("this kernel takes no memory offline") }
      try context.expectErrno("soft offline", code, 0)
      try context.expectFilled(area)
      let moved = try context.frames(of: area.range) != frames
      try context.expect("frame moved", moved, true)
    },
  ]

  private static let files: [Check] = [
    check(
      "punched-hole-parts",
      "After a hole is punched the file has new frames; the old stay pinned."
    ) {
      context in
      let file = try OpenFile(memfdOfPages: 8)
      let area = try Area(file, pages: 8)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range)
      let frames = try context.frames(of: area.range)
      try SystemError.check(
        "punch a hole",
        clinux_punch_hole(file.descriptor, 0, Int64(area.range.length))
      )
      area.fill(from: 1)
      let moved = zip(frames, try context.frames(of: area.range)).count { $0 != $1 }
      try context.expect("frames that differ", moved, 8)
      try context.expect("punched", since: before, pages: 8)
      try region.release()
      try context.expect("released", since: before, pages: 0)
    },
    check(
      "write-seal-waits",
      "A memfd cannot be sealed against writing (EBUSY) while a region pins it."
    ) {
      context in
      let file = try OpenFile(memfdOfPages: 4)
      let area = try Area(file, pages: 4)
      area.fill()
      let region = try context.register(area.range)
      try area.unmap()
      try context.expectErrno("sealing under a pin", context.seen(file.seal(Seal.write)), EBUSY)
      try region.release()
      try context.expectErrno("sealing without", context.seen(file.seal(Seal.write)), 0)
    },
    check(
      "other-seals-pass",
      "Seals against growing, shrinking and future writing pass under a region."
    ) {
      context in
      let file = try OpenFile(memfdOfPages: 4)
      let area = try Area(file, pages: 4)
      area.fill()
      let region = try context.register(area.range)
      for seal in [Seal.grow, Seal.shrink, Seal.futureWrite] {
        try context.expectErrno("seal \(seal)", context.seen(file.seal(seal)), 0)
      }
      try region.release()
    },
    check("soft-dirty-stays", "A region's written pages stay soft-dirty when the bits are cleared.")
    {
      context in
      let area = try Area(pages: 16)
      area.fill()
      let region = try context.register(area.slice(0..<8))
      try KernelSwitch.write("4", to: "/proc/self/clear_refs")
      let entries = try PageMap().entries(in: area.range)
      let pinned = entries.prefix(8).count(where: \.isSoftDirty)
      let others = entries.suffix(8).count(where: \.isSoftDirty)
      if others == 8 { throw Skip("this kernel tracks no soft-dirty pages") }
      try context.expect("soft-dirty pages of the region", pinned, 8)
      try context.expect("soft-dirty pages beside it", others, 0)
      try region.release()
    },
  ]

  private static let counts: [Check] = [
    check("each-pin-put-once", "A page of two regions has two pins; each release puts one.") {
      context in
      let area = try Area(pages: 4)
      let before = try context.look()
      let first = try context.register(area.range)
      let second = try context.register(area.range)
      try context.expect("two regions", since: before, pages: 8, pins: 8)
      try first.release()
      try context.expect("one region", since: before, pages: 4, pins: 4)
      try second.release()
      try context.expect("none", since: before, pages: 0, pins: 0)
    },
    check("unmapped-stays-pinned", "Unmapped pages stay pinned until their region goes.") {
      context in
      let area = try Area(pages: 16)
      area.fill()
      let before = try context.look()
      let region = try context.register(area.range)
      try area.unmap()
      try context.expect("unmapped", since: before, pages: 16, pins: 16)
      try region.release()
      try context.expect("released", since: before, pages: 0, pins: 0)
    },
    check(
      "refused-leaves-no-pin",
      "A refusal at the last page leaves no pin on the pages before it."
    ) {
      context in
      let area = try Area(pages: 64)
      area.fill()
      try area.protect(.none, 63..<64)
      try context.expectRegistration("63 pages and one", area.range, errno: EFAULT)
      let before = try FollPin(fold: true)
      try context.expectErrno(
        "again",
        try context.attempt(area.range).code,
        EFAULT
      )
      let after = try FollPin(fold: true)
      try context.require(
        "pins taken and put back",
        after.acquired - before.acquired >= 63
          && after.acquired - before.acquired == after.released - before.released,
        expected: "as many put as taken, at least 63",
        observed:
          "\(after.acquired - before.acquired) taken, \(after.released - before.released) put"
      )
    },
  ]
}

/// A child that shares its parent's memory as fork left it.
private struct Onlooker {
  /// The frames that the child has, before anyone writes.
  let frames: [UInt64]
  private let child: Child

  init(_ range: AddressRange) throws {
    child = try Child { line in
      for entry in try PageMap().entries(in: range) { try line.send(Int(entry.frame ?? 0)) }
      _ = try line.receive()
    }
    var frames: [UInt64] = []
    for _ in 0..<range.pages { frames.append(UInt64(try child.line.receive())) }
    self.frames = frames
  }
}
