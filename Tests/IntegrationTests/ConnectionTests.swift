import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Connections by address on rxe` {
  /// The IPv4 address of the device's netdev, which the device's first RoCE v2 GID carries.
  private func address(port: UInt16) throws -> SocketAddress {
    let context = try DeviceContext(named: "rxe0")
    let host = try #require(try PortAddress(of: context).gid.gid.mappedIPv4)
    return try SocketAddress(host: host, port: port)
  }

  @Test func `carry data and the bytes that went along`() throws {
    let listener = try Listener(on: try address(port: 0))
    let attempt = try ConnectionAttempt(to: try address(port: listener.port), within: .seconds(10))
    #expect(attempt.deviceName == "rxe0")
    let domain = try ProtectionDomain(on: try DeviceContext(named: attempt.deviceName))
    var near = try attempt.request(in: domain, data: [1, 2, 3])
    guard let request = try listener.next(within: .seconds(10)) else {
      Issue.record("no request came")
      return
    }
    #expect(request.deviceName == "rxe0")
    #expect(request.data.prefix(4) == [1, 2, 3, 0])
    let far = try request.accept(in: domain, data: [9])
    try near.finish(within: .seconds(10))
    try far.waitUntilEstablished(within: .seconds(10))
    #expect(near.peerData.first == 9)

    let buffer = try HostBuffer(.anonymous, length: 8192)
    buffer.fill(seed: 5)
    let region = try MemoryRegion(
      in: domain,
      range: buffer.range,
      access: [.localWrite, .remoteRead]
    )
    let slice = try region.slice(AddressRange(start: buffer.range.start, length: 4096))
    let remote = RemoteMemory(address: buffer.range.start + 4096, rkey: region.rkey)
    #expect(try near.queuePair.perform(.read(slice, from: remote)).status == .success)
    #expect(buffer.copy(0, 4096) == buffer.copy(4096, 4096))
    buffer.fill(seed: 6)
    // The side that accepted reads as well, and the pair of the side that asked lets it.
    #expect(try far.queuePair.perform(.read(slice, from: remote)).status == .success)
    #expect(buffer.copy(0, 4096) == buffer.copy(4096, 4096))

    try near.disconnect()
    #expect(try far.isDisconnected(within: .seconds(10)))
  }

  @Test func `that are rejected say so`() throws {
    let listener = try Listener(on: try address(port: 0))
    let attempt = try ConnectionAttempt(to: try address(port: listener.port), within: .seconds(10))
    let domain = try ProtectionDomain(on: try DeviceContext(named: attempt.deviceName))
    var near = try attempt.request(in: domain)
    guard let request = try listener.next(within: .seconds(10)) else {
      Issue.record("no request came")
      return
    }
    try request.reject()
    var failure: VerbsError?
    do { try near.finish(within: .seconds(10)) } catch { failure = error }
    #expect(failure == VerbsError("rdma_connect", code: .ECONNREFUSED))
  }

  @Test func `to a port where nobody listens are refused`() throws {
    let attempt = try ConnectionAttempt(to: try address(port: 1), within: .seconds(10))
    let domain = try ProtectionDomain(on: try DeviceContext(named: attempt.deviceName))
    var near = try attempt.request(in: domain)
    var failure: VerbsError?
    do { try near.finish(within: .seconds(10)) } catch { failure = error }
    #expect(failure == VerbsError("rdma_connect", code: .ECONNREFUSED))
  }

  @Test func `to a name without an address are refused before a device is asked`() {
    #expect(throws: VerbsError("getaddrinfo", code: .EADDRNOTAVAIL)) {
      _ = try SocketAddress(host: "name.invalid", port: 7471)
    }
  }
}
