import Measurement
import Randomness
import Synchronization
import Testing

@testable import RegistrationCache

@Suite struct RegionIndexTests {
  static func withRecords(
    _ count: Int,
    _ body: (UnsafeMutablePointer<CacheRecord>) throws -> Void
  ) rethrows {
    let records = UnsafeMutablePointer<CacheRecord>.allocate(capacity: count)
    for index in 0..<count { unsafe (records + index).initialize(to: CacheRecord()) }
    try unsafe body(records)
    unsafe records.deinitialize(count: count)
    unsafe records.deallocate()
  }

  /// Of every size from a page to a window, at addresses in two windows.
  private static func range(_ random: inout SplitMix64) -> Range<UInt64> {
    let block = UInt64(1) << RegionIndex.blockBits
    let size: UInt64 =
      switch Int.random(in: 0..<8, using: &random) {
      case 0: .random(in: 1...4, using: &random) * block
      case 1: .random(in: 1...700, using: &random) * 4096
      default: .random(in: 1...16, using: &random) * 4096
      }
    let window = UInt64(1) << RegionIndex.windowBits
    let start = 5 * window - 8 * block + .random(in: 0..<(16 * block / 4096), using: &random) * 4096
    return start..<(start + size)
  }

  @Test(arguments: [1, 2, 3, TestSeed.value])
  func `agrees with a list of regions over 20,000 random steps`(seed: UInt64) throws {
    let capacity = 300
    try unsafe Self.withRecords(capacity) { records in
      var random = SplitMix64(seed: seed)
      var index = try RegionIndex(capacity: capacity)
      var model: [UInt32: (plane: Int, range: Range<UInt64>)] = [:]
      // Nobody looks into a plane that has never had a region.
      for plane in 0..<3 {
        unsafe records[1].start.store(4096, ordering: .relaxed)
        unsafe records[1].end.store(8192, ordering: .relaxed)
        let isIn = unsafe index.insert(1, plane: plane, in: records)
        #expect(isIn)
        unsafe index.remove(1, plane: plane, from: records)
      }
      for _ in 0..<20_000 {
        let range = Self.range(&random)
        let plane = Int.random(in: 0..<3, using: &random)
        let overlapping = model.filter { $0.value.plane == plane && $0.value.range.overlaps(range) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
          let free = (1..<UInt32(capacity)).first { model[$0] == nil }
          guard overlapping.isEmpty, let number = free else { continue }
          unsafe records[Int(number)].start.store(range.lowerBound, ordering: .relaxed)
          unsafe records[Int(number)].end.store(range.upperBound, ordering: .relaxed)
          let isIn = unsafe index.insert(number, plane: plane, in: records)
          #expect(isIn)
          model[number] = (plane, range)
        case 2:
          guard let number = model.keys.randomElement(using: &random), let known = model[number]
          else { continue }
          unsafe index.remove(number, plane: known.plane, from: records)
          model[number] = nil
        case 3, 4:
          let found = index.find(range.lowerBound, plane: plane)
          let expected = model.first {
            $0.value.plane == plane && $0.value.range.contains(range.lowerBound)
          }
          // A block with one region names it for all its pages: the record's bounds tell.
          let holds = model[found].map { $0.range.contains(range.lowerBound) } ?? false
          #expect(holds == (expected != nil))
          if let expected { #expect(found == expected.key) }
        default:
          var found: Set<UInt32> = []
          index.forEach(plane, range.lowerBound, range.upperBound) { number in
            found.insert(number)
            return true
          }
          #expect(found.isSuperset(of: overlapping.keys))
          for number in found { #expect(model[number]?.plane == plane) }
        }
      }
      for (number, known) in model {
        unsafe index.remove(number, plane: known.plane, from: records)
      }
      for plane in 0..<index.planeCount {
        var count = 0
        index.forEach(plane, 0, .max) { _ in
          count += 1
          return true
        }
        #expect(count == 0)
      }
    }
  }

  @Test func `has no region above the addresses of user space`() throws {
    try unsafe Self.withRecords(2) { records in
      var index = try RegionIndex(capacity: 2)
      unsafe records[1].start.store(1 << RegionIndex.addressBits, ordering: .relaxed)
      unsafe records[1].end.store((1 << RegionIndex.addressBits) + 4096, ordering: .relaxed)
      let isIn = unsafe index.insert(1, plane: 0, in: records)
      #expect(!isIn)
      #expect(index.find(1 << RegionIndex.addressBits, plane: 0) == 0)
      #expect(index.find(.max, plane: 0) == 0)
    }
  }

  @Test(arguments: [1, 63, 64, 4096, 300_000])
  func `finds the next of few or many numbers`(capacity: UInt32) throws {
    let set = try RecordSet(capacity: Int(capacity))
    var random = SplitMix64(seed: TestSeed.value)
    var model: Set<UInt32> = []
    for _ in 0..<2000 {
      let number = UInt32.random(in: 0..<capacity, using: &random)
      if Bool.random(using: &random) {
        set.insert(number)
        model.insert(number)
      } else {
        set.remove(number)
        model.remove(number)
      }
      let from = UInt32.random(in: 0..<capacity, using: &random)
      #expect(set.first(from: from) == model.filter { $0 >= from }.min())
    }
    for number in model { set.remove(number) }
    #expect(set.first(from: 0) == nil)
  }
}
