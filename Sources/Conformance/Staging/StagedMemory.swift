import HostMemory

/// Memory in the state that a check names, and whatever keeps it in that state.
struct StagedMemory {
  let range: AddressRange
  private let keep: [AnyObject]

  init(_ range: AddressRange, keep: [AnyObject] = []) {
    self.range = range
    self.keep = keep
  }

  init(_ area: Area) { self.init(area.range, keep: [area]) }
}
