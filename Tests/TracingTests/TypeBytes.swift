/// Type information as the kernel lays it out (BTF), for tests.
struct TypeBytes {
  private var types: [UInt8] = []
  private var strings: [UInt8] = [0]
  private var count: UInt32
  private let stringsBefore: Int

  /// Types that follow `count` others, whose texts take `stringsBefore` bytes.
  init(after count: UInt32 = 0, stringsBefore: Int = 0) {
    self.count = count
    self.stringsBefore = stringsBefore
    if stringsBefore > 0 { strings = [] }
  }

  /// Adds a type and gives its number.
  @discardableResult
  mutating func add(
    _ name: String,
    kind: UInt32,
    count members: UInt32 = 0,
    link: UInt32,
    _ more: [UInt32] = []
  )
    -> UInt32
  {
    for word in [text(name), kind << 24 | members, link] + more { types += word.bytes }
    count += 1
    return count
  }

  /// Where a text is.
  mutating func text(_ text: String) -> UInt32 {
    guard !text.isEmpty else { return 0 }
    defer { strings += Array(text.utf8) + [0] }
    return UInt32(strings.count + stringsBefore)
  }

  /// The whole file.
  var bytes: [UInt8] {
    var file: [UInt8] = [0x9F, 0xEB, 1, 0]
    for word in [24, 0, types.count, types.count, strings.count] { file += UInt32(word).bytes }
    return file + types + strings
  }

  /// The bytes of the texts.
  var stringCount: Int { strings.count }
}

extension UInt32 {
  fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
