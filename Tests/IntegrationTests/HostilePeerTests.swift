import Foundation
import HostMemory
import LinuxSystem
import PeerVerification
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `memreg serve on rxe beside a hostile peer` {
  private static let length: UInt64 = 1 << 20
  /// What the names of files of one run begin with.
  private static let scratch = "/tmp/hostile-\(UInt64.random(in: 0 ... .max))-"

  /// Calls `body` while `memreg serve` runs, then interrupts it; what it said, with its status.
  private func serving(
    port: UInt16,
    _ body: (_ host: String, SocketAddress) async throws -> Void
  ) async throws -> Memreg.Result {
    let context = try DeviceContext(named: "rxe0")
    let host = try #require(try PortAddress(of: context).gid.gid.mappedIPv4)
    let name = "\(Self.scratch)hostile-\(port)"
    let server = Task {
      try await Memreg.shell(
        """
        \(Memreg.path) serve --listen \(host) --port \(port) > \(name).out & s=$!; echo $s > \(name).pid
        runs() { grep -qs 'State:.[^Z]' /proc/$s/status; }
        until [ -e \(name).done ]; do sleep 0.1; done; kill -INT $s
        n=0; while runs && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
        if runs; then echo 'runs 5 s after SIGINT'; kill -9 $s; fi
        wait $s; s=$?; cat \(name).out; rm \(name).*; exit $s
        """
      )
    }
    _ = try await Memreg.shell("until grep -qs listening \(name).out; do sleep 0.1; done")
    do {
      try await body(host, try SocketAddress(host: host, port: port))
    } catch {
      Issue.record(error)
    }
    _ = try await Memreg.shell("touch \(name).done")
    let result = try await server.value
    #expect(result.status == 130, "\(result.output)\(result.error)")
    #expect(!result.output.contains("runs 5 s after"), "\(result.output)")
    // No Swift value is printed as it is.
    #expect(result.output.firstMatch(of: /[A-Za-z]\([a-z]*:/) == nil, "\(result.output)")
    return result
  }

  private func verify(_ host: String, port: UInt16, size: String = "64K") async throws {
    let result = try await Memreg.run("verify", host, "--port", "\(port)", "--size", size)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("33 hold, 0 do not"), "\(result.output)")
  }

  /// Waits until the server has said `text`, at most 8 s: less than a silent peer may take.
  private func await(_ text: String, port: UInt16) async throws {
    let result = try await Memreg.shell(
      """
      for n in $(seq 80); do grep -q '\(text)' \(Self.scratch)hostile-\(port).out && exit; sleep 0.1; done
      cat \(Self.scratch)hostile-\(port).out; exit 1
      """
    )
    #expect(result.status == 0, "not said: \(text): \(result.output)")
  }

  /// The server's `VmPin`, in bytes.
  private func pinned(port: UInt16) async throws -> Int? {
    let result = try await Memreg.shell(
      "awk '/VmPin/ { print $2 * 1024 }' /proc/$(cat \(Self.scratch)hostile-\(port).pid)/status"
    )
    return Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  @Test(.timeLimit(.minutes(3)))
  func `serves others while it posts no receives, and ends with it there`() async throws {
    var held: VerificationPeer?
    let result = try await serving(port: 7811) { host, address in
      let peer = try VerificationPeer(to: address, token: 5, receives: 0)
      try peer.send(VerificationPeer.expose(Self.length).bytes)
      held = peer
      try await verify(host, port: 7811)
    }
    withExtendedLifetime(held) {}
    #expect(result.output.contains("ended, complete: 25 requests, 0 refused"))
  }

  @Test(.timeLimit(.minutes(3)))
  func `ends its verification when it posts no receives`() async throws {
    let result = try await serving(port: 7812) { host, address in
      let peer = try VerificationPeer(to: address, token: 6, receives: 0)
      try peer.send(VerificationPeer.expose(Self.length).bytes)
      try await Task.sleep(for: .seconds(9))
      try await self.await("its peer takes no messages", port: 7812)
      #expect(try await pinned(port: 7812) == 0)
      withExtendedLifetime(peer) {}
    }
    #expect(result.output.contains("verification 6 ended, its peer takes no messages"))
  }

  /// Connects, within half the time that peers have to come back whose places are taken.
  private func place(_ token: UInt64, at address: SocketAddress) async throws -> VerificationPeer {
    for _ in 0..<10 {
      do {
        return try VerificationPeer(to: address, token: token)
      } catch let error as VerbsError where error.code == .ECONNREFUSED {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    return try VerificationPeer(to: address, token: token)
  }

  @Test(.timeLimit(.minutes(3)))
  func `releases what it had, and its place, when it disconnects without a goodbye`() async throws {
    let result = try await serving(port: 7813) { host, address in
      for tokens in [1...4, 5...8 as ClosedRange<UInt64>] {
        var peers: [VerificationPeer] = []
        for token in tokens {
          let peer = try await self.place(token, at: address)
          let answer = try #require(try peer.ask(VerificationPeer.expose(Self.length)))
          let message = try VerificationMessage(parsing: answer, limit: Self.length)
          #expect(message.kind == .exposed)
          peers.append(peer)
        }
        #expect(try await pinned(port: 7813) ?? 0 >= 4 * Int(Self.length))
        peers = []
      }
      for token in 1...8 { try await self.await("verification \(token) ended", port: 7813) }
      #expect(try await pinned(port: 7813) == 0)
      try await verify(host, port: 7813)
    }
    for token in 1...8 {
      #expect(
        result.output.contains(
          "verification \(token) ended, its peer disconnected: 1 requests, 0 refused"
        )
      )
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `serves others beside three silent ones, and says busy beside four`() async throws {
    var held: [VerificationPeer] = []
    _ = try await serving(port: 7814) { host, address in
      for token: UInt64 in 1...3 {
        held.append(try VerificationPeer(to: address, token: token))
      }
      try await verify(host, port: 7814)
      // A verification may take longer than a peer may be silent where the processor is emulated.
      held = []
      for token: UInt64 in 4...7 { held.append(try await self.place(token, at: address)) }
      let busy = try await Memreg.run("verify", host, "--port", "7814", "--size", "64K")
      #expect(busy.status == 71)
      #expect(busy.error.contains("the server is busy with other verifications; try again"))
      held.removeLast()
      try await self.await("verification 7 ended", port: 7814)
      try await verify(host, port: 7814)
    }
    withExtendedLifetime(held) {}
  }

  @Test(.timeLimit(.minutes(3)))
  func `survives one that is killed at any time`() async throws {
    _ = try await serving(port: 7815) { host, address in
      for seconds in ["0.05", "0.2", "0.5", "1", "1.5"] {
        let killed = try await Memreg.shell(
          "timeout -s KILL \(seconds) \(Memreg.path) verify \(host) --port 7815 --size 1M"
        )
        #expect(killed.status == 137 || killed.status == 0)
      }
      try await verify(host, port: 7815)
      _ = try await Memreg.shell(
        "for n in $(seq 80); do [ $(grep -c began \(Self.scratch)hostile-7815.out) = $(grep -c ended \(Self.scratch)hostile-7815.out) ] && exit; sleep 0.1; done"
      )
      #expect(try await pinned(port: 7815) == 0)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `carries out the requests of a recorded session anew, with keys that are stale`()
    async throws
  {
    let result = try await serving(port: 7816) { host, address in
      var order = VerificationMessage(.read, sequence: 2)
      (order.address, order.byteCount, order.rkey) = (0x7f00_0000_0000, 4096, 0x1234)
      for _ in 0..<2 {
        let peer = try VerificationPeer(to: address, token: 7)
        #expect(try peer.ask(VerificationPeer.expose(Self.length)) != nil)
        // The server's transfer is refused by this side's device, which ends the connection.
        #expect(try peer.ask(order) == nil)
      }
      let again = try VerificationPeer(to: address, token: 7)
      let answer = try #require(try again.ask(VerificationMessage(.outcome, sequence: 1)))
      let message = try VerificationMessage(parsing: answer, limit: Self.length)
      #expect(message.kind == .done)
      #expect(CompletionStatus(rawValue: message.status) == .remoteAccess)
      // The same message again is none of the session.
      #expect(try again.ask(VerificationMessage(.outcome, sequence: 1)) == nil)
      try await verify(host, port: 7816)
    }
    #expect(result.output.contains("ended, its peer sent message 1, which is not the next one"))
  }
}
