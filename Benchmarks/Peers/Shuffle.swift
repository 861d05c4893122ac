/// Orders that are the same in every run (a linear congruential generator with Knuth's constants).
struct Shuffle {
  private var state: UInt64 = 20_260_101

  mutating func shuffle(_ items: inout [Int]) {
    for index in items.indices.dropFirst() {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      items.swapAt(index, Int((state >> 33) % UInt64(index + 1)))
    }
  }
}
