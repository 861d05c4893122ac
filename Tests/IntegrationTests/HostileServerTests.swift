import Foundation
import HostMemory
import LinuxSystem
import PeerVerification
import Testing
import Verbs

/// What a server does instead of answering the first request, and what `memreg verify` says of it.
private enum Misbehaviour: String, CaseIterable, CustomTestStringConvertible {
  case silent, noReceives, disconnects, otherToken, recordedGreeting, noGreeting, garbage, tooShort
  case tooLong, otherSequence, otherKind, requestKind, otherLength, hugeRange, wrappingRange
  case reservedBits, otherAccess, unknownErrno, wrongKey, recordedAnswer

  var testDescription: String { rawValue }

  var complaint: String {
    switch self {
    case .silent: "the server has not answered within 10 s"
    case .noReceives: "the server takes no messages"
    case .disconnects, .wrongKey, .recordedAnswer: "the connection was lost"
    case .otherToken, .recordedGreeting, .noGreeting: "what listens there is no memreg serve"
    case .garbage: "the server sent a message that begins with 0x"
    case .tooShort: "the server sent a message of 63 bytes"
    case .tooLong: "the server sent a message longer than 64 bytes"
    case .otherSequence: "the server answered request 7, not 1"
    case .otherKind: "the server answered expose by summed"
    case .requestKind: "the server answered expose by outcome"
    case .otherLength: "the server registered other memory than it was asked for"
    case .hugeRange: "the server sent a range of 1099511627776 bytes at 0x1000"
    case .wrappingRange: "the server sent a range of 65536 bytes at 0xffffffffffff8000"
    case .reservedBits: "the server sent a message whose reserved bytes are not zero"
    case .otherAccess: "the server sent access 0x"
    case .unknownErrno: "the server could not expose: "
    }
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `memreg verify on rxe with a hostile server` {
  private static let length: UInt64 = 64 << 10
  /// What the names of files of one run begin with.
  private static let scratch = "/tmp/verify-\(UInt64.random(in: 0 ... .max))-"

  private func host() throws -> String {
    try #require(try PortAddress(of: DeviceContext(named: "rxe0")).gid.gid.mappedIPv4)
  }

  @Test(.timeLimit(.minutes(2)), arguments: Misbehaviour.allCases)
  fileprivate func `ends with one line, whatever the server does`(_ misbehaviour: Misbehaviour)
    async throws
  {
    let host = try host()
    let recorded = misbehaviour == .recordedAnswer ? try await recordAnswer(host) : []
    let listener = try Listener(on: try SocketAddress(host: host, port: 0))
    let name = "\(Self.scratch)verify-\(misbehaviour.rawValue)"
    _ = try await Memreg.shell(
      """
      { \(Memreg.path) verify \(host) --port \(listener.port) --size 64K > \(name).out 2> \(name).err
        echo $? > \(name).status; } > /dev/null 2>&1 < /dev/null &
      """
    )
    let peer = try answer(listener, misbehaviour, recorded)
    let result = try await Memreg.shell(
      """
      for n in $(seq 300); do [ -s \(name).status ] && break; sleep 0.1; done
      cat \(name).err >&2; s=$(cat \(name).status); rm \(name).*; exit $s
      """
    )
    withExtendedLifetime(peer) {}
    #expect(result.status == 71, "\(result.error)")
    #expect(result.error.contains("cannot verify \(host) port \(listener.port): "))
    #expect(result.error.contains(misbehaviour.complaint), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
  }

  @Test(.timeLimit(.minutes(1)))
  func `ends at SIGINT while the server is silent`() async throws {
    let host = try host()
    let listener = try Listener(on: try SocketAddress(host: host, port: 0))
    _ = try await Memreg.shell(
      """
      { \(Memreg.path) verify \(host) --port \(listener.port) --size 64K > \(Self.scratch)verify.out 2>&1 & v=$!
        until [ -e \(Self.scratch)verify.asked ]; do sleep 0.1; done; sleep 1; kill -INT $v
        n=0; while grep -qs 'State:.[^Z]' /proc/$v/status && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
        [ $n = 50 ] && echo 'runs 5 s after SIGINT' >> \(Self.scratch)verify.out
        wait $v; echo $? > \(Self.scratch)verify.status; } > /dev/null 2>&1 < /dev/null &
      """
    )
    let peer = try answer(listener, .silent, [])
    let result = try await Memreg.shell(
      """
      touch \(Self.scratch)verify.asked; until [ -s \(Self.scratch)verify.status ]; do sleep 0.1; done
      cat \(Self.scratch)verify.out; s=$(cat \(Self.scratch)verify.status); rm \(Self.scratch)verify.*; exit $s
      """
    )
    withExtendedLifetime(peer) {}
    #expect(result.status == 130, "\(result.output)")
    #expect(!result.output.contains("runs 5 s after"))
  }

  /// What an honest server has answered to the same request in a session that is over.
  private func recordAnswer(_ host: String) async throws -> [UInt8] {
    _ = try await Memreg.shell(
      """
      { \(Memreg.path) serve --once --listen \(host) --port 7821 > \(Self.scratch)recorded.out; } > /dev/null 2>&1 < /dev/null &
      until grep -qs listening \(Self.scratch)recorded.out; do sleep 0.1; done
      """
    )
    let peer = try VerificationPeer(
      to: try SocketAddress(host: host, port: 7821),
      token: 11
    )
    return try #require(try peer.ask(VerificationPeer.expose(Self.length)))
  }

  /// Accepts one client and misbehaves at its first request; the connection, which is to be kept until the client ends.
  private func answer(
    _ listener: borrowing Listener,
    _ misbehaviour: Misbehaviour,
    _ recorded: [UInt8]
  ) throws -> VerificationPeer? {
    guard let request = try listener.next(within: .seconds(30)) else {
      Issue.record("nobody asked for a connection")
      return nil
    }
    let peer = try VerificationPeer(
      accepting: request,
      receives: misbehaviour == .noReceives ? 0 : 8
    ) { token in
      switch misbehaviour {
      case .otherToken: VerificationGreeting(.accepted, token: token &+ 1).bytes
      case .recordedGreeting: VerificationGreeting(.accepted, token: 11).bytes
      case .noGreeting: [0x48, 0x54, 0x54, 0x50, 0x1b, 0x5b, 0x33, 0x31, 0x6d]
      default: VerificationGreeting(.accepted, token: token).bytes
      }
    }
    let isSilent: [Misbehaviour] = [
      .silent, .noReceives, .otherToken, .recordedGreeting, .noGreeting,
    ]
    guard !isSilent.contains(misbehaviour) else { return peer }
    let asked = try #require(try peer.receive())
    guard misbehaviour != .disconnects else { return nil }
    let message = try VerificationMessage(parsing: asked, limit: Self.length)
    #expect(message.kind == .expose)
    let (bytes, count) = bytes(misbehaviour, recorded)
    try peer.send(bytes, count: count)
    return peer
  }

  private func bytes(_ misbehaviour: Misbehaviour, _ recorded: [UInt8]) -> ([UInt8], UInt64?) {
    var answer = VerificationMessage(.exposed, sequence: 1)
    answer.address = 0x1000
    answer.byteCount = Self.length
    answer.access = VerificationMessage.allowedAccess
    answer.rkey = 0x4242
    answer.pages = 16
    switch misbehaviour {
    case .garbage: return ([UInt8](repeating: 0xff, count: 64), nil)
    case .tooShort: return ([UInt8](answer.bytes.dropLast()), nil)
    case .tooLong: return (answer.bytes, 1 << 20)
    case .otherSequence: answer.sequence = 7
    case .otherKind: answer = VerificationMessage(.summed, sequence: 1)
    case .requestKind: answer = VerificationMessage(.outcome, sequence: 1)
    case .otherLength: answer.byteCount = 4096
    case .hugeRange: answer.byteCount = 1 << 40
    case .wrappingRange: answer.address = 0xffff_ffff_ffff_8000
    case .reservedBits: return (answer.bytes.dropLast() + [1], nil)
    case .otherAccess: answer.access = AccessFlags(rawValue: 1 << 6)
    case .unknownErrno:
      answer = VerificationMessage(.refused, sequence: 1)
      answer.status = 0x7fff_ffff
    case .recordedAnswer: return (recorded, nil)
    default: break
    }
    return (answer.bytes, nil)
  }
}
