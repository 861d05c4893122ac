import Measurement
import Synchronization
import Testing

@testable import RegistrationCache

struct Interval: IntervalTreeElement, ~Copyable {
  var interval = IntervalNode()
}

extension IntervalTree where Element: ~Copyable {
  var depth: Int { depth(root) }

  private func depth(_ top: UInt32) -> Int {
    top == IntervalNode.none ? 0 : 1 + max(depth(left(top)), depth(right(top)))
  }
}

@Suite struct IntervalTreeTests {
  static func withRecords(_ count: Int, _ body: (UnsafeMutablePointer<Interval>) -> Void) {
    let records = UnsafeMutablePointer<Interval>.allocate(capacity: count)
    for index in 0..<count { unsafe (records + index).initialize(to: Interval()) }
    unsafe body(records)
    unsafe records.deinitialize(count: count)
    unsafe records.deallocate()
  }

  @Test(arguments: [1, 2, 3, 4])
  func `agrees with a list of intervals over 5,000 random steps`(seed: UInt64) {
    let capacity = 512
    unsafe Self.withRecords(capacity) { records in
      var random = SplitMix64(seed: seed)
      var tree = unsafe IntervalTree(over: records)
      var model: [UInt32: Range<UInt64>] = [:]
      for _ in 0..<5_000 {
        let start = UInt64.random(in: 0..<4096, using: &random)
        let end =
          start + UInt64.random(in: 1...(Bool.random(using: &random) ? 16 : 1024), using: &random)
        let expected = model.filter { $0.value.lowerBound < end && $0.value.upperBound > start }
        switch Int.random(in: 0..<8, using: &random) {
        case 0...3:
          guard let index = (0..<UInt32(capacity)).first(where: { model[$0] == nil }) else {
            continue
          }
          unsafe records[Int(index)].interval.set(start: start, end: end)
          tree.insert(index)
          model[index] = start..<end
        case 4, 5:
          guard let index = model.keys.randomElement(using: &random) else { continue }
          tree.remove(index)
          model[index] = nil
        case 6:
          var found: [UInt32] = []
          tree.overlapping(start, end) { index in
            found.append(index)
            return true
          }
          #expect(Set(found) == Set(expected.keys))
          #expect(found.count == expected.count)
          let holder = tree.first(containing: start, end) { _ in true }
          let holds = expected.contains {
            $0.value.lowerBound <= start && $0.value.upperBound >= end
          }
          #expect((holder != nil) == holds)
        default:
          guard end - start <= 16 else { continue }
          var found: [UInt32] = []
          tree.removeOverlapping(start, end) { found.append($0) }
          #expect(found.sorted() == expected.keys.sorted())
          for index in found { model[index] = nil }
        }
      }
      var left = 0
      tree.removeOverlapping(0, .max) { _ in left += 1 }
      #expect(left == model.count)
      let isEmpty = tree.isEmpty
      #expect(isEmpty)
    }
  }

  @Test func `passes overlapping intervals by order of their start`() {
    unsafe Self.withRecords(64) { records in
      var tree = unsafe IntervalTree(over: records)
      for index in UInt32(0)..<64 {
        let start = UInt64(index * 37 % 64) * 10
        unsafe records[Int(index)].interval.set(start: start, end: start + 15)
        tree.insert(index)
      }
      var starts: [UInt64] = []
      tree.overlapping(100, 200) { index in
        unsafe starts.append(records[Int(index)].interval.start.load(ordering: .relaxed))
        return true
      }
      #expect(starts == Array(stride(from: 90, through: 190, by: 10)))
    }
  }

  @Test func `stays shallow when starts come in order`() {
    let count = 1 << 16
    unsafe Self.withRecords(count) { records in
      var tree = unsafe IntervalTree(over: records)
      for index in 0..<count {
        unsafe records[index].interval.set(start: UInt64(index), end: UInt64(index) + 1)
        tree.insert(UInt32(index))
      }
      let depth = tree.depth
      #expect(depth < 64)
    }
  }
}
