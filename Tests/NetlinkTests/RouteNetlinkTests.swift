import Glibc
import LinuxSystem
import Testing

@testable import Netlink

@Suite struct `Route netlink` {
  @Test func `finds the loopback interface`() throws {
    let loopback = try RouteNetlink().interface(named: "lo")
    #expect(loopback.index == 1)
    #expect(loopback.name == "lo")
    #expect(loopback.kind == nil)
  }

  @Test(arguments: ["", "no-such-if0", "a-name-that-is-longer-than-any"])
  func `throws ENODEV for an interface that is not there`(name: String) throws {
    let route = try RouteNetlink()
    let error = #expect(throws: NetlinkError.self) { try route.interface(named: name) }
    #expect(error?.code == .ENODEV)
  }

  @Test func `refuses an address that is none with EINVAL`() throws {
    let route = try RouteNetlink()
    let loopback = try route.interface(named: "lo")
    let error = #expect(throws: NetlinkError.self) {
      try route.addAddress("300.1.1.1/32", to: loopback)
    }
    #expect(error?.code == .EINVAL)
  }

  @Test func `reads kind, alias and state of an interface's message`() throws {
    let kind = AttributeBytes.attribute(18, AttributeBytes.text(1, "dummy"))
    let header: [UInt8] = [0, 0, 0, 0, 7, 0, 0, 0, 0x83, 0, 0, 0, 0, 0, 0, 0]
    let interface = try #require(
      NetworkInterface(
        header + AttributeBytes.text(3, "memreg0") + AttributeBytes.text(20, "memreg: rxe0") + kind
      )
    )
    #expect(interface.index == 7)
    #expect(interface.name == "memreg0")
    #expect(interface.alias == "memreg: rxe0")
    #expect(interface.kind == "dummy")
    #expect(interface.isUp)
    #expect(NetworkInterface(Array(header.dropLast())) == nil)
    #expect(NetworkInterface(header) == nil)
  }
}
