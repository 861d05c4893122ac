import Fixtures
import Glibc
import HostMemory
import LinuxSystem

extension Catalogue {
  /// What would move a page to another frame, and does not while a region pins it.
  static let migrations: [Check] = [
    pinning(
      "compaction-keeps",
      "Compaction of all memory leaves a region's frames.",
      needs: [.change(.compaction)]
    ) { context in
      let pinned = try PinnedArea(context, pages: 512)
      try SystemChange.compaction.require()
      try KernelSwitch.write("1", to: "/proc/sys/vm/compact_memory")
      try pinned.expectFrames()
      try pinned.release()
    },
    pinning(
      "collapse-refused",
      "Base pages are not made a huge page (EAGAIN) while one of them is pinned, and are after.",
      needs: [.transparentHugePages]
    ) { context in
      let area = try LargeArea(mebibytes: 2, hugePages: .collapsible)
      let region = try context.register(area.bytes(100 * Area.page, 1))
      let frames = try context.frames(of: area.range)
      let code = context.seen(area.collapse())
      if code == .EINVAL { throw Skip("this kernel has no MADV_COLLAPSE") }
      try context.expectErrno("collapse under a pin", code, .EAGAIN)
      let probed = area.bytes(100 * Area.page, Area.page)
      try context.expect("pinned frame", try context.frames(of: probed), [frames[100]])
      try region.release()
      try context.expectErrno("collapse without", context.seen(area.collapse()), nil)
    },
    pinning(
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
      let pinned = try PinnedArea(context, area)
      let refused = try NodeMove(page, to: 1)
      try context.expect("pages left behind by a move to node 1", refused.left, 1)
      try pinned.expectFrames()
      try pinned.release()
      let moved = try NodeMove(page, to: 1)
      try context.expect("pages left behind without the region", moved.left, 0)
      try context.expect("node without the region", moved.node, 1)
      try context.expectFilled(area)
    },
    pinning(
      "merging-refused",
      "Same-page merging (KSM) gives equal pages one frame and leaves those of a region apart.",
      needs: [
        .change(.merging), .path("/sys/kernel/mm/ksm/run", "this kernel has no same-page merging"),
      ]
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
    pinning(
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
    underPin(
      "soft-offline-refused",
      "A region's page cannot be taken offline softly (EBUSY).",
      pages: 1
    ) { context, pinned in
      let code = context.seen(pinned.area.adviceResult(.softOffline))
      if code == .EINVAL { throw Skip("this kernel takes no memory offline") }
      try context.expectErrno("soft offline", code, .EBUSY)
      try pinned.expectFrames()
    },
    pinning(
      "soft-offline-moves-unpinned",
      "A page without region goes offline softly, and its data moves to another frame.",
      optIn: "takes a page of memory out of use until the next boot"
    ) { context in
      let area = try Area(pages: 1)
      area.fill()
      let frames = try context.frames(of: area.range)
      let code = context.seen(area.adviceResult(.softOffline))
      if code == .EINVAL { throw Skip("this kernel takes no memory offline") }
      try context.expectErrno("soft offline", code, nil)
      try context.expectFilled(area)
      let moved = try context.frames(of: area.range) != frames
      try context.expect("frame moved", moved, true)
    },
  ]
}
