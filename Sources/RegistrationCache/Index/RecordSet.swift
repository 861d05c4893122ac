internal import LinuxSystem

/// A set of record numbers whose next member is found in a few steps however many numbers there are between.
///
/// A bit for each number, a bit for each word of those that is not empty, and once more.
@safe
struct RecordSet: ~Copyable {
  private var memory: ReservedMemory
  private let levels:
    (
      UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>
    )
  private let topWords: Int

  init(capacity: Int) throws(SystemError) {
    let words = capacity / 64 + 1
    let middle = words / 64 + 1
    topWords = middle / 64 + 1
    let total = (words + middle + topWords) * MemoryLayout<UInt64>.stride
    var room = try ReservedMemory(capacity: total)
    if let code = room.grow(to: total) {
      throw SystemError("make room for a registration cache", code: code)
    }
    memory = room
    let base = unsafe memory.base.bindMemory(to: UInt64.self, capacity: words + middle + topWords)
    unsafe levels = unsafe (base + topWords + middle, base + topWords, base)
  }

  func insert(_ number: UInt32) {
    let number = Int(number)
    unsafe levels.0[number >> 6] |= 1 << UInt64(number & 63)
    unsafe levels.1[number >> 12] |= 1 << UInt64((number >> 6) & 63)
    unsafe levels.2[number >> 18] |= 1 << UInt64((number >> 12) & 63)
  }

  func remove(_ number: UInt32) {
    let number = Int(number)
    unsafe levels.0[number >> 6] &= ~(1 << UInt64(number & 63))
    guard unsafe levels.0[number >> 6] == 0 else { return }
    unsafe levels.1[number >> 12] &= ~(1 << UInt64((number >> 6) & 63))
    guard unsafe levels.1[number >> 12] == 0 else { return }
    unsafe levels.2[number >> 18] &= ~(1 << UInt64((number >> 12) & 63))
  }

  /// The least member that is not less than `number`.
  func first(from number: UInt32) -> UInt32? {
    let number = Int(number)
    if let bit = unsafe Self.bit(levels.0[number >> 6], from: number & 63) {
      return UInt32((number & ~63) | bit)
    }
    var word = (number >> 6) + 1
    if let bit = unsafe Self.bit(levels.1[word >> 6], from: word & 63) {
      word = word & ~63 | bit
    } else {
      var group = (word >> 6) + 1
      while true {
        guard group >> 6 < topWords else { return nil }
        if let bit = unsafe Self.bit(levels.2[group >> 6], from: group & 63) {
          group = group & ~63 | bit
          break
        }
        group = (group & ~63) + 64
      }
      word = unsafe (group << 6) | levels.1[group].trailingZeroBitCount
    }
    return unsafe UInt32((word << 6) | levels.0[word].trailingZeroBitCount)
  }

  private static func bit(_ word: UInt64, from first: Int) -> Int? {
    let left = (word >> UInt64(first)) << UInt64(first)
    return left == 0 ? nil : left.trailingZeroBitCount
  }
}
