import Fixtures
import HostMemory
import Verbs

/// Memory under a region, and the page frames it had when it was registered.
struct PinnedArea {
  let area: Area
  let region: Region
  /// The registered pages' frames.
  let frames: [UInt64]
  /// The account before.
  let before: Reading
  private let context: CheckContext

  /// Fills `area` and registers it, or only the first `registered` pages.
  init(
    _ context: CheckContext,
    _ area: Area,
    registered: Int? = nil,
    _ access: AccessFlags = .full
  ) throws {
    area.fill()
    before = try context.look()
    region = try context.register(area.slice(0..<(registered ?? area.pages)), access)
    frames = try context.frames(of: region.range)
    self.area = area
    self.context = context
  }

  /// The same with fresh anonymous memory.
  init(_ context: CheckContext, pages: Int = 8, _ access: AccessFlags = .full) throws {
    try self.init(context, Area(pages: pages), access)
  }

  /// Demands that the pages are where they were.
  func expectFrames() throws {
    try context.expect("frames", try context.frames(of: region.range), frames)
  }

  /// Demands that every page has another frame now, and that the old ones are still charged and pinned.
  func expectOtherFrames() throws {
    let moved = zip(frames, try context.frames(of: region.range)).count { $0 != $1 }
    try context.expect("frames that differ", moved, frames.count)
    try context.expect("old frames", since: before, pages: frames.count)
  }

  /// Releases the region, with which charge and pins must go.
  func release() throws {
    try context.release(region, since: before)
  }
}
