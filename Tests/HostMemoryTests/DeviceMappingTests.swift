import Testing

@testable import HostMemory

@Suite struct `A mapping of a device` {
  @Test(
    arguments: [
      ("/dev/infiniband/uverbs0", "uverbs0", false),
      ("/dev/infiniband/uverbs12 (deleted)", "uverbs12", true),
      ("/host/dev/infiniband/uverbs3", "uverbs3", false),
    ] as [(String, String, Bool)]
  )
  func `is recognised by its file`(path: String, name: String, isGone: Bool) throws {
    let file = try #require(VerbsFile(path: path))
    #expect(file.name == name)
    #expect(file.isDeviceGone == isGone)
  }

  @Test(arguments: [
    "", "/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs", "/dev/infiniband/uverbsX",
    "/tmp/uverbs0", "uverbs0", "/dev/infiniband/uverbs0/x", "[heap]", "infiniband/umad0",
  ])
  func `is none for other files`(path: String) {
    #expect(VerbsFile(path: path) == nil)
  }

  @Test func `keeps addresses, offset, protection and flags`() throws {
    let text = """
      7f55e7a3c000-7f55e7a40000 rw-s 00008000 00:06 155  /dev/infiniband/uverbs0 (deleted)
      Size:                 16 kB
      VmFlags: rd wr sh mr mw me ms de dd
      7f55e7a40000-7f55e7a41000 rw-p 00000000 00:00 0
      """
    let mappings = VirtualMemoryArea.parse(text).compactMap { DeviceMapping($0) }
    #expect(mappings.count == 1)
    let mapping = try #require(mappings.first)
    #expect(mapping.file.name == "uverbs0")
    #expect(mapping.file.isDeviceGone)
    #expect(mapping.area.range.length == 16384)
    #expect(mapping.area.offset == 0x8000)
    #expect(mapping.area.permissions == "rw-s")
    #expect(mapping.area.has(.dontDump))
  }
}
