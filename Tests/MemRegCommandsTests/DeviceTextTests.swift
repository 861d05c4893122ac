import Documents
import Testing

@testable import MemRegCommands

@Suite struct `Page sizes of a device` {
  @Test(
    arguments: [
      ([], "none claimed"), ([4096], "4 KiB"), ([4096, 8192], "4 KiB, 8 KiB"),
      ([4096, 8192, 16384], "4 KiB to 16 KiB"),
      ([4096, 2_097_152, 1_073_741_824], "4 KiB, 2 MiB, 1 GiB"),
    ] as [([UInt64], String)]
  )
  func `show as a range where no power of two is left out`(sizes: [UInt64], text: String) {
    #expect(DeviceReport.sizes(sizes) == text)
  }
}
