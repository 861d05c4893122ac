import Testing

@testable import Netlink

@Suite struct `Netlink attributes` {
  @Test func `give numbers of any width the kernel chose`() {
    let attributes = NetlinkAttributes(
      AttributeBytes.number(1, UInt8(200)) + AttributeBytes.number(2, UInt16(0x1234))
        + AttributeBytes.number(3, UInt32(0xdead_beef)) + AttributeBytes.number(4, UInt64.max)
    )
    #expect(attributes.number(1, as: UInt64.self) == 200)
    #expect(attributes.number(2, as: UInt32.self) == 0x1234)
    #expect(attributes.number(3, as: UInt32.self) == 0xdead_beef)
    #expect(attributes.number(4, as: UInt64.self) == UInt64.max)
  }

  @Test func `give no number that does not fit, is absent, or has an odd width`() {
    let attributes = NetlinkAttributes(
      AttributeBytes.number(1, UInt32(300)) + AttributeBytes.attribute(2, [1, 2, 3])
    )
    #expect(attributes.number(1, as: UInt8.self) == nil)
    #expect(attributes.number(2, as: UInt32.self) == nil)
    #expect(attributes.number(9, as: UInt32.self) == nil)
  }

  @Test func `give texts up to the NUL`() {
    let attributes = NetlinkAttributes(AttributeBytes.text(5, "rxe0"))
    #expect(attributes.text(5) == "rxe0")
    #expect(attributes.text(6) == nil)
  }

  @Test func `give every nest of a table in order`() {
    let entries = ["a", "b", "c"]
      .flatMap {
        AttributeBytes.attribute(7, AttributeBytes.text(1, $0))
      }
    let attributes = NetlinkAttributes(AttributeBytes.attribute(6, entries))
    #expect(attributes.nest(6).nests(7).map { $0.text(1) } == ["a", "b", "c"])
    #expect(attributes.nest(8).nests(7).isEmpty)
  }

  @Test func `stop at a length that overruns the message`() {
    let whole = AttributeBytes.number(1, UInt32(7))
    let overrun: [UInt8] = [200, 0, 2, 0, 1, 2, 3, 4]
    let attributes = NetlinkAttributes(whole + overrun)
    #expect(attributes.number(1, as: UInt32.self) == 7)
    #expect(attributes.first(2) == nil)
    #expect(NetlinkAttributes([]).first(1) == nil)
    #expect(NetlinkAttributes([3, 0, 1]).first(1) == nil)
  }
}
