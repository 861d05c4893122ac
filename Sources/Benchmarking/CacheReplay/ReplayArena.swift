import HostMemory
import LinuxSystem

/// Memory for a trace: every address that it names has a place here, with its neighbours and its offset in the page.
final class ReplayArena {
  let buffer: HostBuffer
  private let origins: [AddressRange]
  private let places: [UInt64]

  /// Maps and populates what `trace` needs; fails where this machine has not that much memory.
  init(for trace: Trace) throws {
    origins = ReplayArena.pieces(of: trace)
    var places: [UInt64] = []
    var length: UInt64 = 0
    for origin in origins {
      places.append(length)
      // A page apart, so that pieces that did not touch do not begin to.
      length += origin.length + UInt64(BasePage.size)
    }
    let available = try MemoryInfo().available
    guard length > 0, length < available / 4 * 3 else {
      throw length == 0
        ? CacheReplayError.noMemory : .tooLarge(length: length, available: available)
    }
    buffer = try HostBuffer(.anonymous, length: length)
    try buffer.populate()
    let start = buffer.range.start
    self.places = places.map { start + $0 }
  }

  /// Bytes of distinct pages that the trace touches.
  var bytes: UInt64 { origins.reduce(0) { $0 + $1.length } }

  /// Where a range of the trace is; only for ranges that the trace begins a use with.
  func place(_ range: AddressRange) -> AddressRange {
    let index = firstIndex(endingAfter: range.start)
    return AddressRange(
      start: places[index] + (range.start - origins[index].start),
      length: range.length
    )
  }

  /// The whole pages of `range` that have a place.
  func places(within range: AddressRange) -> [AddressRange] {
    let page = UInt64(BasePage.size)
    let (from, to) = ((range.start + page - 1) / page * page, range.end / page * page)
    var found: [AddressRange] = []
    var index = firstIndex(endingAfter: from)
    while index < origins.count, origins[index].start < to {
      let start = max(from, origins[index].start)
      let end = min(to, origins[index].end)
      if start < end { found.append(place(AddressRange(start: start, length: end - start))) }
      index += 1
    }
    return found
  }

  /// Faults in the pages of `range`, which is mapped anew.
  func touch(_ range: AddressRange) {
    let page = BasePage.size
    unsafe buffer.withUnsafeBytes { bytes in
      let first = Int(range.start - buffer.range.start)
      for offset in stride(from: first, to: first + Int(range.length), by: page) {
        unsafe bytes[offset] = 0
      }
    }
  }

  private func firstIndex(endingAfter address: UInt64) -> Int {
    var (low, high) = (0, origins.count)
    while low < high {
      let middle = (low + high) / 2
      if origins[middle].end > address { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static let mergedAtOnce = 1 << 16

  // The pages of all uses, those that touch made one; not of all when interrupted.
  static func pieces(of trace: Trace) -> [AddressRange] {
    let page = UInt64(BasePage.size)
    var (pieces, fresh): ([AddressRange], [AddressRange]) = ([], [])
    for case .begin(_, let range, _) in trace.steps {
      let start = range.start / page * page
      let end = (range.end + page - 1) / page * page
      fresh.append(AddressRange(start: start, length: end - start))
      guard fresh.count >= max(mergedAtOnce, pieces.count) else { continue }
      if Interruption.isRequested { break }
      pieces = merged(pieces + fresh)
      fresh = []
    }
    return merged(pieces + fresh)
  }

  private static func merged(_ ranges: [AddressRange]) -> [AddressRange] {
    var merged: [AddressRange] = []
    for range in ranges.sorted(by: { $0.start < $1.start }) {
      guard let last = merged.last, range.start <= last.end else {
        merged.append(range)
        continue
      }
      merged[merged.count - 1] = AddressRange(
        start: last.start,
        length: max(last.end, range.end) - last.start
      )
    }
    return merged
  }
}
