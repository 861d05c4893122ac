import Testing

@testable import Verbs

@Suite struct `Attributes of devices and ports` {
  @Test func `write GUIDs in four groups and GIDs in eight`() {
    #expect(GUID(0x5054_00ff_fe12_3456).description == "5054:00ff:fe12:3456")
    #expect(GUID(1).description == "0000:0000:0000:0001")
    let gid = GID(prefix: 0xfe80_0000_0000_0000, interface: 0x5054_00ff_fe12_3456)
    #expect(gid.description == "fe80:0000:0000:0000:5054:00ff:fe12:3456")
    #expect(gid.mappedIPv4 == nil)
  }

  @Test func `find the IPv4 address in a mapped GID`() {
    #expect(GID(prefix: 0, interface: 0xffff_0a09_0001).mappedIPv4 == "10.9.0.1")
    #expect(GID(prefix: 0, interface: 0xffff_c612_ff03).mappedIPv4 == "198.18.255.3")
    #expect(GID(prefix: 0, interface: 1).mappedIPv4 == nil)
    #expect(GID(prefix: 1, interface: 0xffff_0a09_0001).mappedIPv4 == nil)
  }

  @Test func `keep capability bits that have no name`() {
    let capabilities = DeviceCapabilities(rawValue: 1 << 17 | 1 << 21 | 1 << 50)
    #expect(
      capabilities.featureNames == ["mem_window", "mem_mgt_extensions", "0x4000000000000"]
    )
    #expect(capabilities.contains(.memoryWindow))
    #expect(DeviceCapabilities(rawValue: 0).featureNames.isEmpty)
  }

  @Test func `name the operations of on-demand paging`() {
    #expect(OnDemandOperations(rawValue: 0x23).operationNames == ["send", "recv", "srq_recv"])
    #expect(OnDemandOperations(rawValue: 0x100).operationNames == ["0x100"])
  }

  @Test func `name port states and keep unknown ones`() {
    #expect(PortState.active.description == "active")
    #expect(PortState(rawValue: 1).description == "down")
    #expect(PortState(rawValue: 77).description == "state 77")
  }

  @Test(
    arguments: [
      (1, 1, 2_500), (2, 1, 10_000), (2, 32, 100_000), (2, 128, 400_000), (8, 64, 600_000),
      (16, 32, 50_000), (3, 1, nil), (2, 3, nil),
    ] as [(UInt8, UInt8, UInt32?)]
  )
  func `multiply lanes by the speed of one`(width: UInt8, speed: UInt8, rate: UInt32?) {
    #expect(PortAttributes.rateMegabits(width: width, speed: speed) == rate)
  }
}
