import Glibc
import Measurement
import MemoryRegistration
import Randomness
import Testing

@testable import MemRegCommands

/// Names as any local user can give them to a process: 15 bytes without a zero, by `prctl(PR_SET_NAME)`.
@Suite struct `Labels of metrics` {
  private static let hasPromtool = unsafe access("/usr/bin/promtool", X_OK) == 0

  private static let special =
    Array("\"\\\n\r\t{}=,#\u{301}\u{600}\u{200d}\u{85}\u{2028}".utf8) + [0xff, 0xc0, 0x80, 0xed]

  private static func name(_ generator: inout SplitMix64) -> [UInt8] {
    (0..<Int.random(in: 0...15, using: &generator))
      .map { _ in
        Bool.random(using: &generator)
          ? special.randomElement(using: &generator) ?? 1
          : UInt8.random(in: 1...255, using: &generator)
      }
  }

  private static func page(_ names: [[UInt8]]) -> String {
    var page = MetricsText()
    let samples = names.enumerated()
      .map { ([("pid", String($0)), ("name", String(decoding: $1, as: UTF8.self))], String($0)) }
    page.add("memreg_process_pinned_bytes", unit: "bytes", help: "Pinned memory.", samples)
    return page.text
  }

  /// What a reader of the format makes of the value that starts behind `name="`, by bytes.
  private static func value(in line: Substring.UTF8View) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = line.drop { $0 != UInt8(ascii: ",") }.dropFirst("name=\"".utf8.count + 1)
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      bytes.append(next == UInt8(ascii: "n") ? UInt8(ascii: "\n") : next)
    }
    return bytes
  }

  @Test func `give back 20,000 names of random bytes`() {
    let seed = TestSeed.value
    var generator = SplitMix64(seed: seed)
    let names = (0..<20_000).map { _ in Self.name(&generator) }
    let lines = Self.page(names).utf8.split(separator: UInt8(ascii: "\n")).dropFirst(3)
    #expect(lines.count == names.count + 1, "seed \(seed)")
    for (line, name) in zip(lines, names) {
      let expected = Array(String(decoding: name, as: UTF8.self).utf8)
      #expect(Self.value(in: line) == expected, "seed \(seed), name \(name)")
    }
  }

  @Test(
    .enabled(if: Self.hasPromtool, "prometheus is not installed"),
    arguments: [1, 2, 3, TestSeed.value]
  )
  func `are read by promtool whatever bytes names have`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let page = Self.page((0..<5000).map { _ in Self.name(&generator) })
    // A label that is written twice, or a quote that is not escaped, ends the whole page for a scraper.
    guard let tool = unsafe popen("promtool check metrics", "w") else {
      Issue.record("popen fails: errno \(errno)")
      return
    }
    let written = unsafe page.utf8.withContiguousStorageIfAvailable { bytes in
      unsafe fwrite(bytes.baseAddress, 1, bytes.count, tool)
    }
    #expect(written == page.utf8.count)
    let status = unsafe pclose(tool)
    #expect(status == 0, "seed \(seed)")
  }
}
