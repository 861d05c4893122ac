import Foundation
import HostMemory
import LinuxSystem
import PeerVerification
import Testing
import Verbs

/// Whole verifications between honest ends, recorded, and played again with something in them changed.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `A recorded verification on rxe, changed and played again` {
  private static let length: UInt64 = 16 << 10
  /// A whole verification takes seconds where instructions are emulated, and verify may wait 10 s for an answer that it
  /// takes for lost.
  private static let rounds = 4
  private static let scratch = "/tmp/recorded-\(UInt64.random(in: 0 ... .max))"

  private func address(port: UInt16) throws -> SocketAddress {
    let context = try DeviceContext(named: "rxe0")
    let host = try #require(try PortAddress(of: context).gid.gid.mappedIPv4)
    return try SocketAddress(host: host, port: port)
  }

  /// Runs `memreg verify` against a server that changes its answers; what was said, and how verify ended.
  private func verifying(_ change: (Int, [UInt8]) -> [UInt8] = { $1 }) async throws -> (
    RecordedSession, Memreg.Result
  ) {
    let context = try DeviceContext(named: "rxe0")
    let host = try #require(try PortAddress(of: context).gid.gid.mappedIPv4)
    let listener = try Listener(on: try SocketAddress(host: host, port: 0))
    _ = try await Memreg.shell(
      """
      { timeout -k 1 60 \(Memreg.path) verify \(host) --port \(listener.port) --size 16K \\
          > \(Self.scratch).out 2> \(Self.scratch).err
        echo $? > \(Self.scratch).ended; mv \(Self.scratch).ended \(Self.scratch).status; } > /dev/null 2>&1 < /dev/null &
      """
    )
    let session = try RecordedSession(
      serving: listener,
      on: context,
      limit: Self.length,
      change: change
    ) { !FileManager.default.fileExists(atPath: "\(Self.scratch).status") }
    let result = try await Memreg.shell(
      """
      until [ -s \(Self.scratch).status ]; do sleep 0.1; done
      cat \(Self.scratch).out; cat \(Self.scratch).err >&2; s=$(cat \(Self.scratch).status)
      rm \(Self.scratch).*; exit $s
      """
    )
    return (session, result)
  }

  @Test(.timeLimit(.minutes(15)))
  func `ends verify with one line or a judgement, whichever answer is another one`() async throws {
    let (honest, whole) = try await verifying()
    #expect(whole.status == 0, "\(whole.output)\(whole.error)")
    #expect(whole.output.contains("33 hold, 0 do not"), "\(whole.output)")
    try #require(honest.answers.count > 15)
    var mutator = MessageMutator(seed: 13)
    var ends: [Int32: Int] = [:]
    for round in 0..<Self.rounds {
      let number = (round * honest.answers.count + 3) / Self.rounds
      var sent: [UInt8] = []
      let (_, result) = try await verifying { index, answer in
        guard index == number else { return answer }
        sent = mutator.changed(answer, others: honest.answers)
        return sent
      }
      ends[Int32(result.status), default: 0] += 1
      #expect([0, 1, 71].contains(result.status), "answer \(number) as \(sent): \(result.error)")
      #expect(result.error.split(separator: "\n").count <= 1, "\(result.error)")
    }
    print("\(Self.rounds) of \(honest.answers.count) answers changed, verify ended: \(ends)")
    #expect(ends[71] ?? 0 > 0)
  }

  @Test(.timeLimit(.minutes(15)))
  func `leaves serve with nothing pinned and ready for the next, whatever it was sent`()
    async throws
  {
    let (honest, _) = try await verifying()
    let all = honest.requests.flatMap(\.self)
    let address = try address(port: 7822)
    let host = try #require(
      try PortAddress(of: try DeviceContext(named: "rxe0")).gid.gid.mappedIPv4
    )
    let server = Task {
      try await Memreg.shell(
        """
        \(Memreg.path) serve --listen \(host) --port 7822 > \(Self.scratch).out 2>&1 & echo $! > \(Self.scratch).pid
        wait $!; s=$?; cat \(Self.scratch).out; rm \(Self.scratch).*; exit $s
        """
      )
    }
    _ = try await Memreg.shell("until grep -qs listening \(Self.scratch).out; do sleep 0.1; done")
    let pinned = "awk '/^VmPin/ { print $2 }' /proc/$(cat \(Self.scratch).pid)/status"
    let before = try await Memreg.shell(pinned).output
    var mutator = MessageMutator(seed: 17)
    var (connections, sent, answered) = (0, 0, 0)
    for round in 0..<Self.rounds {
      // One token for all connections of a session, as its client has it.
      let token = UInt64(1000 + round)
      for requests in honest.requests.rotated(to: mutator.number(below: honest.requests.count))
        .prefix(3)
      {
        let changed = mutator.changed(requests, others: all + honest.answers)
        guard let peer = try? VerificationPeer(to: address, token: token) else { continue }
        connections += 1
        for request in changed {
          guard let status = try? peer.send(request), status == .success else { break }
          sent += 1
          guard let answer = try peer.receive(within: .seconds(2)) else { break }
          answered += 1
          #expect(answer.count == VerificationMessage.length)
        }
      }
    }
    print("\(connections) connections, \(sent) requests sent, \(answered) answered")
    #expect(answered > 0)
    let honestAgain = try await Memreg.shell(
      """
      n=0; until \(Memreg.path) verify \(host) --port 7822 --size 64K; do n=$((n + 1)); [ $n -lt 20 ] || exit 1; sleep 1; done
      for n in $(seq 100); do [ "$(\(pinned))" = \(before.split(separator: "\n").first ?? "") ] && break; sleep 0.1; done
      \(pinned); kill -INT $(cat \(Self.scratch).pid)
      """
    )
    #expect(honestAgain.output.contains("33 hold, 0 do not"), "\(honestAgain.output)")
    #expect(honestAgain.output.hasSuffix("\n\(before)"), "\(before): \(honestAgain.output)")
    let result = try await server.value
    #expect(result.status == 130, "\(result.output)")
    #expect(result.output.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) })
  }
}

extension Array {
  /// The same from the element `start` on, and then from the first.
  fileprivate func rotated(to start: Int) -> [Element] {
    Array(self[start...] + self[..<start])
  }
}
