import Foundation
import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `memreg serve and memreg verify on rxe` {
  private static let wait = "until grep -q listening $out; do sleep 0.1; done"

  /// The IPv4 address of rxe0's netdev.
  private static func host() throws -> String {
    let context = try DeviceContext(named: "rxe0")
    return try #require(try PortAddress(of: context).gid.gid.mappedIPv4)
  }

  private func check(_ result: Memreg.Result) throws {
    let document = try result.document()
    #expect(document["schema"] as? String == "memreg.verify/1")
    let cases = try #require(document["cases"] as? [[String: Any]])
    #expect(cases.count == 33)
    for item in cases { #expect(item["holds"] as? Bool == true, "\(item)") }
    func observed(_ memory: String, _ name: String) -> String? {
      cases.first { $0["memory"] as? String == memory && $0["name"] as? String == name }?[
        "observed"
      ] as? String
    }
    for memory in ["remote", "local"] {
      #expect(observed(memory, "charged") == "16 pages")
      for name in ["wrong-key", "stale-key", "beyond-the-end", "write-to-read-only", "revoked"] {
        #expect(observed(memory, name) == "IBV_WC_REM_ACCESS_ERR")
      }
    }
    #expect(observed("remote", "returned") == "16 pages")
  }

  @Test(.timeLimit(.minutes(5)))
  func `prove each other's regions between two processes`() async throws {
    let host = try Self.host()
    let result = try await Memreg.shell(
      """
      out=$(mktemp); \(Memreg.path) serve --once --listen \(host) --port 7801 > $out & s=$!
      \(Self.wait)
      \(Memreg.path) verify \(host) --port 7801 --size 64K --json; v=$?
      wait $s; echo "serve $? verify $v" >&2; cat $out >&2
      """
    )
    try check(result)
    #expect(result.error.contains("serve 0 verify 0"))
    #expect(result.error.contains("ended, complete: 25 requests, 0 refused"))
  }

  @Test(
    .enabled(if: RXE.kernel >= (7, 0), "rxe of this kernel does not leave its network namespace"),
    .timeLimit(.minutes(5))
  )
  func `prove each other's regions between two network namespaces`() async throws {
    let result = try await Memreg.shell(
      """
      out=$(mktemp); far="ip netns exec far"
      { ip netns add far && ip link add va type veth peer name vb && ip link set vb netns far
      ip addr add 10.8.0.1/24 dev va && ip link set va up && $far ip addr add 10.8.0.2/24 dev vb
      $far ip link set vb up && $far ip link set lo up
      rdma link add rxe7 type rxe netdev va && $far rdma link add rxe8 type rxe netdev vb; } >&2
      $far \(Memreg.path) serve --once --listen 10.8.0.2 > $out & s=$!
      \(Self.wait)
      \(Memreg.path) verify 10.8.0.2 --size 64K --json; v=$?
      wait $s; echo "serve $? verify $v" >&2; cat $out >&2
      { rdma link delete rxe7; $far rdma link delete rxe8; ip netns del far; } >&2
      """
    )
    try check(result)
    #expect(try result.document()["device"] as? String == "rxe7")
    #expect(result.error.contains("serve 0 verify 0"), "\(result.error)")
    #expect(result.error.contains("began on rxe8"))
  }

  @Test func `say why there is no verification, in one line with its status`() async throws {
    let host = try Self.host()
    let nobody = try await Memreg.run("verify", host, "--port", "7802")
    #expect(nobody.status == 71)
    #expect(
      nobody.error
        == "memreg: cannot verify \(host) port 7802: rdma_connect failed: Connection refused "
        + "(ECONNREFUSED)\n"
    )
    #expect(nobody.output == "")
    let foreign = try await Memreg.run("serve", "--listen", "192.0.2.7")
    #expect(foreign.status == 71)
    #expect(foreign.error.contains("rdma_bind_addr failed on 192.0.2.7 port 7471"))
    for size in ["1", "4095", "2G", "-1", "x"] {
      let wrong = try await Memreg.run("verify", host, "--size", size)
      #expect(wrong.status == 64, "\(size)")
    }
  }

  @Test func `a server refuses more than its limit and goes on`() async throws {
    let host = try Self.host()
    let result = try await Memreg.shell(
      """
      out=$(mktemp); \(Memreg.path) serve --listen \(host) --port 7803 --limit 64K > $out & s=$!
      \(Self.wait)
      \(Memreg.path) verify \(host) --port 7803 --size 128K; echo "too large $?" >&2
      \(Memreg.path) verify \(host) --port 7803 --size 64K --json; echo "verify $?" >&2
      kill -INT $s; wait $s; echo "serve $?" >&2; cat $out >&2
      """
    )
    #expect(result.error.contains("too large 71"), "\(result.error)")
    #expect(result.error.contains("ended, its peer sent a range of 131072 bytes at 0x0"))
    #expect(result.error.contains("verify 0"))
    #expect(result.error.contains("serve 130"))
    try check(result)
  }

  @Test func `a hostile peer is turned away, and the next one served`() async throws {
    let host = try Self.host()
    let out = "/tmp/hostile-\(UInt64.random(in: 0 ... .max))"
    let server = Task {
      try await Memreg.shell(
        """
        out=\(out); \(Memreg.path) serve --listen \(host) --port 7804 > $out & s=$!
        until [ -e $out.done ]; do sleep 0.1; done; kill -INT $s; wait $s; s=$?; cat $out; exit $s
        """
      )
    }
    _ = try await Memreg.shell(
      "until grep -qs listening \(out); do sleep 0.1; done"
    )
    do { try await attack(host) } catch { Issue.record(error) }
    _ = try await Memreg.shell("touch \(out).done")
    let result = try await server.value
    #expect(result.status == 130)
    #expect(result.output.contains("its peer sent a message that begins with"))
    #expect(result.output.contains("its peer sent a message of 8 bytes"))
    #expect(result.output.contains("its peer sent a message longer than 64 bytes"))
    #expect(result.output.contains("ended, complete: 25 requests, 0 refused"))
  }

  /// Speaks nonsense to the server in every way, and then proves that it still serves.
  private func attack(_ host: String) async throws {
    let address = try SocketAddress(host: host, port: 7804)
    let good = Self.greeting(kind: 1, token: 99)
    for greeting in [[], [1, 2, 3], [UInt8](repeating: 0xFF, count: 56), Self.greeting(kind: 7)] {
      #expect(try Self.connect(address, greeting) == .ECONNREFUSED)
    }
    // A right greeting, and then rubbish over the connection.
    let domain = try ProtectionDomain(on: try DeviceContext(named: "rxe0"))
    let buffer = try HostBuffer(.anonymous, length: 4096)
    buffer.fill(seed: 3)
    let region = try MemoryRegion(in: domain, range: buffer.range, access: .localWrite)
    for length: UInt64 in [64, 8, 200] {
      var attempt = try ConnectionAttempt(to: address, within: .seconds(10))
        .request(in: domain, data: good)
      try attempt.finish(within: .seconds(10))
      let slice = try region.slice(AddressRange(start: buffer.range.start, length: length))
      _ = try attempt.queuePair.perform(.send(slice))
      #expect(try attempt.isDisconnected(within: .seconds(10)), "\(length) bytes of rubbish")
    }
    let verification = try await Memreg.run(
      "verify",
      host,
      "--port",
      "7804",
      "--size",
      "64K",
      "--json"
    )
    #expect(verification.status == 0, "\(verification.error)")
    try check(verification)
  }

  private static func greeting(kind: UInt8, token: UInt8 = 1) -> [UInt8] {
    [0x4D, 0x52, 0x45, 0x47, 0, 1, 0, kind, 0, 0, 0, 0, 0, 0, 0, token, 0, 0, 0, 0]
  }

  /// The errno of asking for a connection with these bytes, `nil` where it is granted.
  private static func connect(_ address: SocketAddress, _ data: [UInt8]) throws -> Errno? {
    let domain = try ProtectionDomain(on: try DeviceContext(named: "rxe0"))
    var connection = try ConnectionAttempt(to: address, within: .seconds(10))
      .request(in: domain, data: data)
    do {
      try connection.finish(within: .seconds(10))
      return nil
    } catch {
      return error.code
    }
  }
}
