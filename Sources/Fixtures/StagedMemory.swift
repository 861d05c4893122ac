package import HostMemory

/// Memory in the state that a check names, and whatever keeps it in that state.
package struct StagedMemory {
  package let range: AddressRange
  private let keep: [AnyObject]

  package init(_ range: AddressRange, keep: [AnyObject] = []) {
    self.range = range
    self.keep = keep
  }

  package init(_ area: Area) { self.init(area.range, keep: [area]) }

  /// Eight pages of anonymous memory that were written, and then changed.
  package static func written(then change: (Area) throws -> Void = { _ in }) throws -> StagedMemory
  {
    let area = try Area(pages: 8)
    area.fill()
    try change(area)
    return StagedMemory(area)
  }
}
