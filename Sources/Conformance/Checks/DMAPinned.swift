internal import CFixtures
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Pages under a region stay where they are, whatever is done to the memory, and each pin is put once.
  static let dmaPinned: [Check] = forks + advices + migrations + files + counts

  static func pinning(
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

  /// The same of memory that is registered throughout, and released at the end.
  static func underPin(
    _ name: String,
    _ promise: String,
    pages: Int = 8,
    _ access: AccessFlags = .full,
    _ body: @escaping @Sendable (CheckContext, PinnedArea) throws -> Void
  ) -> Check {
    pinning(name, promise) { context in
      let pinned = try PinnedArea(context, pages: pages, access)
      try body(context, pinned)
      try pinned.release()
    }
  }

  private static let forks: [Check] = [
    underPin(
      "fork-keeps-frames",
      "After fork the parent keeps the pinned frames through its own writes; the child has copies."
    ) { context, pinned in
      let child = try Onlooker(pinned.area.range)
      pinned.area.fill(from: 1)
      try pinned.expectFrames()
      for (frame, childs) in zip(pinned.frames, child.frames) {
        try context.require(
          "child's frame",
          childs != frame && childs != 0,
          expected: "a copy",
          observed: "\(childs), parent's \(frame)"
        )
      }
    },
    pinning(
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
    underPin(
      "fork-read-only-region",
      "A region for reading follows the parent's writes after fork: its frames stay the parent's.",
      [.remoteRead]
    ) { _, pinned in
      let child = try Onlooker(pinned.area.range)
      pinned.area.fill(from: 1)
      try pinned.expectFrames()
      withExtendedLifetime(child) {}
    },
    pinning(
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
    pinning(
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
    underPin("discard-parts", "After MADV_DONTNEED the CPU gets new frames; the old stay pinned.") {
      _,
      pinned in
      try pinned.area.advise(.dontNeed)
      pinned.area.fill(from: 1)
      try pinned.expectOtherFrames()
    },
    memfd("shared-discard-keeps", "After MADV_DONTNEED shared memory comes back in its frames.") {
      _,
      _,
      pinned in
      try pinned.area.advise(.dontNeed)
      pinned.area.fill(from: 1)
      try pinned.expectFrames()
      try pinned.release()
    },
    underPin("free-keeps", "MADV_FREE with reclaim takes neither frames nor data of a region.") {
      context,
      pinned in
      try pinned.area.advise(.free)
      _ = pinned.area.adviceResult(.pageOut)
      try pinned.expectFrames()
      try context.expectFilled(pinned.area)
    },
    pinning(
      "not-swapped",
      "Reclaim swaps the neighbours out and leaves a region's pages.",
      needs: [.change(.swap)]
    ) { context in
      let swap = try SwapDevice()
      let area = try Area(pages: 128)
      let pinned = try PinnedArea(context, area, registered: 64)
      try area.advise(.pageOut)
      try pinned.expectFrames()
      let entries = try PageMap().entries(in: area.slice(64..<128))
      try context.expect("neighbours swapped out", entries.count(where: \.isSwapped), 64)
      try context.expectFilled(area)
      try pinned.release()
      withExtendedLifetime(swap) {}
    },
    pinning("move-follows", "mremap takes a region's frames along to the new address.") { context in
      let area = try Area(pages: 8)
      let place = try Area(pages: 8)
      let pinned = try PinnedArea(context, area)
      try context.expectErrno("mremap", area.range.move(to: place.range.start), nil)
      try context.expect("frames", try context.frames(of: place.range), pinned.frames)
      try pinned.release()
    },
    underPin("protect-keeps", "mprotect leaves a region's frames, and the region its pins.") {
      context,
      pinned in
      for protection: Area.Protection in [.none, .read, .readWrite] {
        try pinned.area.protect(protection)
        try context.expect("protected", since: pinned.before, pages: 8)
      }
      pinned.area.fill(from: 1)
      try pinned.expectFrames()
    },
  ]

  /// The same of a memfd that is registered throughout.
  private static func memfd(
    _ name: String,
    _ promise: String,
    _ body: @escaping @Sendable (CheckContext, OpenFile, PinnedArea) throws -> Void
  ) -> Check {
    pinning(name, promise) { context in
      let file = try OpenFile(memfdOfPages: 8)
      try body(context, file, try PinnedArea(context, Area(file, pages: 8)))
    }
  }

  private static let files: [Check] = [
    memfd(
      "punched-hole-parts",
      "After a hole is punched the file has new frames; the old stay pinned."
    ) { _, file, pinned in
      let length = Int64(pinned.area.range.length)
      try SystemError.check("punch a hole", fixtures_punch_hole(file.descriptor, 0, length))
      pinned.area.fill(from: 1)
      try pinned.expectOtherFrames()
      try pinned.release()
    },
    memfd(
      "write-seal-waits",
      "A memfd cannot be sealed against writing (EBUSY) while a region pins it."
    ) { context, file, pinned in
      try pinned.area.unmap()
      try context.expectErrno("sealing under a pin", context.seen(file.seal(Seal.write)), .EBUSY)
      try pinned.release()
      try context.expectErrno("sealing without", context.seen(file.seal(Seal.write)), nil)
    },
    memfd(
      "other-seals-pass",
      "Seals against growing, shrinking and future writing pass under a region."
    ) { context, file, pinned in
      for seal in [Seal.grow, Seal.shrink, Seal.futureWrite] {
        try context.expectErrno("seal \(seal)", context.seen(file.seal(seal)), nil)
      }
      try pinned.release()
    },
    pinning(
      "soft-dirty-stays",
      "A region's written pages stay soft-dirty when the bits are cleared."
    ) {
      context in
      let area = try Area(pages: 16)
      let pinned = try PinnedArea(context, area, registered: 8)
      try KernelSwitch.write("4", to: "/proc/self/clear_refs")
      let entries = try PageMap().entries(in: area.range)
      let others = entries.suffix(8).count(where: \.isSoftDirty)
      if others == 8 { throw Skip("this kernel tracks no soft-dirty pages") }
      let dirty = entries.prefix(8).count(where: \.isSoftDirty)
      try context.expect("soft-dirty pages of the region", dirty, 8)
      try context.expect("soft-dirty pages beside it", others, 0)
      try pinned.release()
    },
  ]

  private static let counts: [Check] = [
    pinning("each-pin-put-once", "A page of two regions has two pins; each release puts one.") {
      context in
      let (area, before) = try context.memory(pages: 4)
      let first = try context.register(area.range)
      let second = try context.register(area.range)
      try context.expect("two regions", since: before, pages: 8, pins: 8)
      try first.release()
      try context.expect("one region", since: before, pages: 4, pins: 4)
      try second.release()
      try context.expect("none", since: before, pages: 0, pins: 0)
    },
    underPin(
      "unmapped-stays-pinned",
      "Unmapped pages stay pinned until their region goes.",
      pages: 16
    ) { context, pinned in
      try pinned.area.unmap()
      try context.expect("unmapped", since: pinned.before, pages: 16, pins: 16)
    },
    pinning(
      "refused-leaves-no-pin",
      "A refusal at the last page leaves no pin on the pages before it."
    ) { context in
      let area = try Area(pages: 64)
      area.fill()
      try area.protect(.none, 63..<64)
      try context.expectRegistration("63 pages and one", area.range, errno: .EFAULT)
      let before = try FollPin(fold: true)
      try context.expectErrno(
        "again",
        try context.attempt(area.range).code,
        .EFAULT
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
    child = try Child { pipe in
      for entry in try PageMap().entries(in: range) { try pipe.send(Int(entry.frame ?? 0)) }
      _ = try pipe.receive()
    }
    var frames: [UInt64] = []
    for _ in 0..<range.pages { frames.append(UInt64(try child.pipe.receive())) }
    self.frames = frames
  }
}
