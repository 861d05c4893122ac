import Testing

@testable import Netlink

@Suite struct `RDMA resources` {
  /// Numbers of `enum rdma_nldev_attr`, which are the kernel's ABI.
  private enum Code {
    static let pid: UInt32 = 28
    static let kernelName: UInt32 = 29
    static let rkey: UInt32 = 42
    static let lkey: UInt32 = 43
    static let length: UInt32 = 45
    static let pdn: UInt32 = 60
    static let mrn: UInt32 = 62
  }

  private func region(_ bytes: [UInt8]) -> MemoryRegionResource {
    MemoryRegionResource(ResourceAttributes(NetlinkAttributes(bytes)))
  }

  @Test func `name thread, numbers, keys and length of a region`() {
    let region = region(
      AttributeBytes.number(Code.pid, UInt32(4711))
        + AttributeBytes.number(Code.rkey, UInt32(0x1a2b))
        + AttributeBytes.number(Code.lkey, UInt32(0x1a2c))
        + AttributeBytes.number(Code.length, UInt64(1 << 40))
        + AttributeBytes.number(Code.mrn, UInt32(3)) + AttributeBytes.number(Code.pdn, UInt32(2))
    )
    #expect(region.owner == .thread(4711))
    #expect(region.owner.isUser)
    #expect(region.length == 1 << 40)
    #expect(region.lkey == 0x1a2c)
    #expect(region.rkey == 0x1a2b)
    #expect(region.mrn == 3)
    #expect(region.pdn == 2)
  }

  @Test func `lack keys where the kernel withholds them`() {
    let region = region(AttributeBytes.number(Code.length, UInt64(4096)))
    #expect(region.lkey == nil)
    #expect(region.rkey == nil)
    #expect(region.owner == .unknown)
  }

  @Test func `tell the kernel's own from those of processes`() {
    let region = region(AttributeBytes.text(Code.kernelName, "ib_core"))
    #expect(region.owner == .kernel("ib_core"))
    #expect(!region.owner.isUser)
  }
}
