import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `Asynchronous events of a device` {
  /// Reading one that is not there would wait for ever: the kernel takes back the events of what ends.
  @Test func `are not waited for, whether there are none or some about something else`()
    async throws
  {
    let context = try DeviceContext(named: "rxe0")
    #expect(context.removalSign() == nil)
    let result = try await Memreg.shell(
      "ip link set dummy0 down && ip link set dummy0 up && rdma link show rxe0/1"
    )
    #expect(result.output.contains("state ACTIVE"), "\(result.output)\(result.error)")
    #expect(context.removalSign(within: .seconds(20)) == nil)
    #expect(context.removalSign() == nil)
  }
}
