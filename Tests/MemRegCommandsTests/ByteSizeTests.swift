import Report
import Testing

@testable import MemRegCommands

@Suite struct `Byte sizes` {
  @Test(
    arguments: [
      ("1", 1), ("4096", 4096), ("4K", 4096), ("4k", 4096), ("4KiB", 4096), ("64kib", 65536),
      ("2M", 2_097_152), ("1G", 1_073_741_824), ("1TiB", 1_099_511_627_776), ("7b", 7),
      ("9223372036854775807", UInt64(Int64.max)), ("1.5M", 1_572_864), ("0.5GiB", 536_870_912),
      ("2.000K", 2048), ("4.25k", 4352),
    ] as [(String, UInt64)]
  )
  func `count every suffix by 1024`(text: String, bytes: UInt64) throws {
    #expect(try ByteSize.parse(text).get().bytes == bytes)
  }

  @Test(arguments: [
    ("0", "a size of zero is refused; give at least 1 byte"),
    ("-1", "'-1' is not a size; write 4096, 64K or 1GiB"),
    ("", "'' is not a size; write 4096, 64K or 1GiB"),
    ("1Q", "'1Q' has an unknown unit; use K, M, G or T"),
    ("1e30", "'1e30' has an unknown unit; use K, M, G or T"),
    ("1MB", "'1MB' is ambiguous; write 1MiB"),
    ("99999999999999999999", "'99999999999999999999' is more than 8 EiB"),
    ("9223372036854775808", "'9223372036854775808' is more than 8 EiB"),
    ("8388608T", "'8388608T' is more than 8 EiB"),
    ("1.5", "'1.5' is not a whole number of bytes"),
    ("1.3K", "'1.3K' is not a whole number of bytes"),
    ("1.K", "'1.K' is not a size; write 4096, 64K or 1GiB"),
    (".5M", "'.5M' is not a size; write 4096, 64K or 1GiB"),
    ("1.5.5M", "'1.5.5M' has an unknown unit; use K, M, G or T"),
    ("1.5MB", "'1.5MB' is ambiguous; write 1.5MiB"),
    ("0.0M", "a size of zero is refused; give at least 1 byte"),
    (
      "8388607.99999999999999999999T",
      "'8388607.99999999999999999999T' is not a whole number of bytes"
    ),
    ("٤K", "'٤K' is not a size; write 4096, 64K or 1GiB"),
  ])
  func `say why a text is none`(text: String, reason: String) {
    #expect(throws: ByteSize.Problem(reason: reason)) { try ByteSize.parse(text).get() }
  }

  @Test(
    arguments: [
      (1, "1 B"), (4095, "4.0 KiB"), (4096, "4 KiB"), (1536, "1.5 KiB"), (1_048_576, "1 MiB"),
      (1_073_741_824, "1 GiB"),
    ] as [(UInt64, String)]
  )
  func `print in the largest unit`(bytes: UInt64, text: String) {
    #expect(ByteSize.text(bytes) == text)
  }
}

@Suite struct `Durations` {
  @Test(
    arguments: [
      (12, "12 ns"), (17_500, "17.5 µs"), (999_000, "999 µs"), (1_500_000, "1.50 ms"),
      (2e9, "2.00 s"), (0.5, "0.50 ns"),
    ] as [(Double, String)]
  )
  func `choose the unit by magnitude`(nanoseconds: Double, text: String) {
    #expect(DurationText.text(nanoseconds: nanoseconds) == text)
  }
}
