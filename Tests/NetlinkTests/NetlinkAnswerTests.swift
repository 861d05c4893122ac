import Glibc
import LinuxSystem
import Testing

@testable import Netlink

@Suite struct `A netlink answer` {
  private func answer(_ deliveries: [[UInt8]]) -> NetlinkAnswer {
    var answer = NetlinkAnswer(sequence: 5)
    for delivery in deliveries {
      unsafe delivery.withUnsafeBytes { unsafe answer.take($0) }
    }
    return answer
  }

  private let done = AttributeBytes.message(type: 3, sequence: 5, AttributeBytes.bytes(Int32(0)))

  @Test func `collects payloads over deliveries until the end`() {
    let first = AttributeBytes.message(type: 40, sequence: 5, [1, 2, 3, 4])
    let second = AttributeBytes.message(type: 40, sequence: 5, [5, 6, 7, 8])
    #expect(answer([first + second]).state == .incomplete)
    let whole = answer([first + second, first + done])
    #expect(whole.state == .complete(nil))
    #expect(whole.payloads == [[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 3, 4]])
  }

  @Test func `gives the errno that the kernel left`() {
    let refusal = AttributeBytes.message(
      type: 2,
      sequence: 5,
      AttributeBytes.bytes(-ENODEV) + [UInt8](repeating: 0, count: 16)
    )
    #expect(answer([refusal]).code == .ENODEV)
  }

  @Test func `passes over messages to other requests`() {
    let stranger = AttributeBytes.message(type: 2, sequence: 4, AttributeBytes.bytes(-EPERM))
    let whole = answer([stranger + done])
    #expect(whole.state == .complete(nil))
    #expect(whole.payloads.isEmpty)
  }
}
