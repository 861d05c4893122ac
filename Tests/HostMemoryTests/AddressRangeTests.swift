import HostMemory
import Testing

@Suite struct `Address ranges` {
  @Test(
    arguments: [
      (0, 1, 1), (4095, 1, 1), (4095, 2, 2), (0, 4096, 1), (1, 4096, 2), (0, 4097, 2),
      (4095, 8192, 3),
      (1, 0, 1), (0, 0, 0),
    ] as [(UInt64, UInt64, UInt64)]
  )
  func `count the base pages that they touch`(offset: UInt64, length: UInt64, pages: UInt64) {
    #expect(AddressRange(start: 0x7000_0000_0000 + offset, length: length).pages == pages)
  }
}
