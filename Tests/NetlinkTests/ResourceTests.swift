import Testing

@testable import Netlink

@Suite struct `RDMA resources` {
  /// Numbers of `enum rdma_nldev_attr`, which are the kernel's ABI.
  private enum Code: UInt32 {
    case pid = 28, kernelName, rkey = 42, lkey, length = 45, pdn = 60, mrn = 62
  }

  private func region(_ bytes: [UInt8]) -> RDMAResource {
    RDMAResource(NetlinkAttributes(bytes))
  }

  @Test func `name thread, numbers, keys and length of a region`() {
    let region = region(
      AttributeBytes.number(Code.pid.rawValue, UInt32(4711))
        + AttributeBytes.number(Code.rkey.rawValue, UInt32(0x1a2b))
        + AttributeBytes.number(Code.lkey.rawValue, UInt32(0x1a2c))
        + AttributeBytes.number(Code.length.rawValue, UInt64(1 << 40))
        + AttributeBytes.number(Code.mrn.rawValue, UInt32(3))
        + AttributeBytes.number(Code.pdn.rawValue, UInt32(2))
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
    let region = region(AttributeBytes.number(Code.length.rawValue, UInt64(4096)))
    #expect(region.lkey == nil)
    #expect(region.rkey == nil)
    #expect(region.owner == .unknown)
  }

  @Test func `tell the kernel's own from those of processes`() {
    let region = region(AttributeBytes.text(Code.kernelName.rawValue, "ib_core"))
    #expect(region.owner == .kernel("ib_core"))
    #expect(!region.owner.isUser)
  }
}
