import Fixtures
import Verbs

extension CheckContext {
  /// Fresh memory with a number in each page if it is `filled`, and the account before anything is done with it.
  func memory(pages: Int, filled: Bool = false) throws -> (Area, before: Reading) {
    let area = try Area(pages: pages)
    if filled { area.fill() }
    return (area, try look())
  }

  /// The same, and a region over all of it.
  func registered(
    pages: Int,
    filled: Bool = false,
    _ access: AccessFlags = .full
  ) throws -> (Area, before: Reading, Region) {
    let (area, before) = try memory(pages: pages, filled: filled)
    return (area, before, try register(area.range, access))
  }

  /// Releases `region`, with which what it was charged and pinned since `before` must go.
  func release(_ region: Region, _ what: String = "released", since before: Reading) throws {
    try region.release()
    try expect(what, since: before, pages: 0)
  }
}
