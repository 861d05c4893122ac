import Measurement

/// Makes inputs of inputs: the same sequence everywhere for the same seed.
struct Mutator {
  private var generator: SplitMix64
  private let seeds: [[UInt8]]
  private let tokens: [[UInt8]]

  /// No input grows beyond this.
  private static let longest = 1 << 16

  /// Numbers at the edges of every type, and text at the edges of every escape.
  static let tokens = [
    "0", "-1", "1e308", "5e-324", "1e-3", "0.1", "127", "4294967295", "4294967296",
    "9223372036854775807",
    "-9223372036854775808", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999999",
    "\u{301}", "\u{600}", "\u{200d}", "\u{202e}", "\u{85}", "\u{2028}", "\u{feff}", "\u{ffff}",
    "\r\n", "\n", "\t", "\0",
    "\u{1b}[31m", "<img src=x>", "\"", "'", "\\", "&", "|", "%", "/", "../", "@", ":", "=", " ",
    ",", ";",
  ]

  init(seed: UInt64, of seeds: [[UInt8]], tokens: [String]) {
    generator = SplitMix64(seed: seed)
    self.seeds = seeds
    self.tokens =
      (Mutator.tokens + tokens).map { Array($0.utf8) } + [
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80],
      ]
  }

  /// The next input.
  mutating func next() -> [UInt8] {
    var input = seeds.randomElement(using: &generator) ?? []
    // Most inputs are near to a right one, a few far from it.
    for _ in 0..<(1 << Int.random(in: 0...4, using: &generator)) { mutate(&input) }
    return Array(input.prefix(Mutator.longest))
  }

  private mutating func mutate(_ input: inout [UInt8]) {
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: replaceNumber(in: &input)
    case 1: replaceWord(in: &input)
    case 2: input.replaceSubrange(span(of: input, atMost: 0), with: token())
    case 3: input.replaceSubrange(span(of: input, atMost: 8), with: token())
    case 4: input.removeSubrange(span(of: input, atMost: 64))
    case 5:
      let part = input[span(of: input, atMost: 256)]
      input.insert(contentsOf: part, at: Int.random(in: 0...input.count, using: &generator))
    case 6:
      let other = seeds.randomElement(using: &generator) ?? []
      input.replaceSubrange(span(of: input, atMost: 256), with: other[span(of: other, atMost: 256)])
    case 7:
      guard let index = input.indices.randomElement(using: &generator) else { return }
      input[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    default: input.removeSubrange(Int.random(in: 0...input.count, using: &generator)...)
    }
  }

  private mutating func token() -> [UInt8] { tokens.randomElement(using: &generator) ?? [] }

  private mutating func span(of input: [UInt8], atMost length: Int) -> Range<Int> {
    let start = Int.random(in: 0...input.count, using: &generator)
    return start..<min(input.count, start + Int.random(in: 0...length, using: &generator))
  }

  private mutating func replaceNumber(in input: inout [UInt8]) {
    replaceRun(in: &input) { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private mutating func replaceWord(in input: inout [UInt8]) {
    replaceRun(in: &input) {
      ![UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\"")].contains($0)
    }
  }

  /// Puts a token in the place of a run of bytes, behind a random place, that `belongs` holds for.
  private mutating func replaceRun(in input: inout [UInt8], _ belongs: (UInt8) -> Bool) {
    let start = Int.random(in: 0...input.count, using: &generator)
    guard let first = input[start...].firstIndex(where: belongs) else { return }
    let end = input[first...].firstIndex { !belongs($0) } ?? input.count
    input.replaceSubrange(first..<end, with: token())
  }
}
