import Measurement
import Randomness
import Testing
import Verbs

@testable import PeerVerification

@Suite struct `Messages of a verification` {
  private static let limit: UInt64 = 1 << 20

  private func message(_ kind: VerificationMessage.Kind) -> VerificationMessage {
    var message = VerificationMessage(kind, sequence: 7)
    switch kind {
    case .expose: message.byteCount = 4096
    case .read, .write, .exposed:
      message.address = 0x7f00_0000_1000
      message.byteCount = 4096
      message.rkey = 0x0102_0304
    case .done: message.byteCount = 4096
    default: break
    }
    message.status = 10
    message.access = [.localWrite, .remoteRead]
    message.sum = 0xfedc_ba98_7654_3210
    message.pages = 1
    return message
  }

  @Test(arguments: VerificationMessage.Kind.allCases)
  func `are read as they were written`(kind: VerificationMessage.Kind) throws {
    let sent = message(kind)
    #expect(sent.bytes.count == 64)
    #expect(try VerificationMessage(parsing: sent.bytes, limit: Self.limit) == sent)
  }

  @Test func `have their numbers where the format says, the highest byte first`() {
    let bytes = message(.read).bytes
    #expect(bytes[0..<8] == [0x4D, 0x52, 0x45, 0x47, 0, 1, 0, 4])
    #expect(bytes[8..<16] == [0, 0, 0, 7, 0, 0, 0, 10])
    #expect(bytes[16..<24] == [0, 0, 0x7f, 0, 0, 0, 0x10, 0])
    #expect(bytes[24..<32] == [0, 0, 0, 0, 0, 0, 0x10, 0])
    #expect(bytes[32..<40] == [1, 2, 3, 4, 0, 0, 0, 5])
    #expect(bytes[40..<48] == [0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10])
    #expect(bytes[48..<64] == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test(arguments: [0, 1, 8, 63, 65, 4096])
  func `of another length are refused`(length: Int) {
    let bytes = [UInt8](repeating: 0x4D, count: length)
    #expect(throws: WireError.length(length)) {
      try VerificationMessage(parsing: bytes, limit: Self.limit)
    }
  }

  @Test(
    arguments: [
      (0, 0x4E, WireError.magic(0x4E52_4547)), (5, 2, .version(2)), (4, 1, .version(257)),
      (7, 0, .kind(0)), (7, 100, .kind(100)), (6, 1, .kind(260)), (63, 1, .reserved),
      (56, 0x80, .reserved), (39, 0x40, .access(0x40)), (39, 0x10, .access(0x10)),
      (36, 0x80, .access(0x8000_0005)),
    ] as [(Int, UInt8, WireError)]
  )
  func `with one wrong byte are refused for it`(place: Int, byte: UInt8, error: WireError) {
    var bytes = message(.read).bytes
    bytes[place] = byte
    #expect(throws: error) { try VerificationMessage(parsing: bytes, limit: Self.limit) }
  }

  @Test(
    arguments: [
      (0x1000, 0), (0x1000, (1 << 20) + 1), (0x1000, .max), (0, 4096), (.max, 1), (.max, 2),
      (.max - 4094, 4096), (.max - 4095, 4096),
    ] as [(UInt64, UInt64)]
  )
  func `with a range that is empty, too large or leaves the address space are refused`(
    address: UInt64,
    length: UInt64
  ) {
    for kind: VerificationMessage.Kind in [.read, .write, .exposed] {
      var message = message(kind)
      (message.address, message.byteCount) = (address, length)
      #expect(throws: WireError.range(address: address, length: length)) {
        try VerificationMessage(parsing: message.bytes, limit: Self.limit)
      }
    }
  }

  @Test func `with a range where none belongs are refused`() {
    for kind: VerificationMessage.Kind in [.sum, .revoke, .outcome, .end, .summed, .refused] {
      var message = message(kind)
      message.byteCount = 1
      #expect(throws: WireError.range(address: 0, length: 1)) {
        try VerificationMessage(parsing: message.bytes, limit: Self.limit)
      }
    }
    var expose = message(.expose)
    expose.address = 4096
    #expect(throws: WireError.range(address: 4096, length: 4096)) {
      try VerificationMessage(parsing: expose.bytes, limit: Self.limit)
    }
  }

  @Test func `of random bytes are never taken, whatever stands behind a right beginning`() {
    var random = SplitMix64(seed: TestSeed.value)
    var taken = 0
    for round in 0..<20_000 {
      var bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
      if round.isMultiple(of: 2) {
        bytes.replaceSubrange(0..<8, with: [0x4D, 0x52, 0x45, 0x47, 0, 1, 0, 4])
        bytes.replaceSubrange(56..<64, with: [UInt8](repeating: 0, count: 8))
      }
      guard let message = try? VerificationMessage(parsing: bytes, limit: Self.limit) else {
        continue
      }
      taken += 1
      #expect(message.byteCount <= Self.limit)
      #expect(message.access.isSubset(of: VerificationMessage.allowedAccess))
    }
    #expect(taken == 0)
  }
}

@Suite struct `Greetings of a verification` {
  @Test func `are read as they were written, with the padding of the transport`() throws {
    let greeting = VerificationGreeting(.request, token: 0x0123_4567_89ab_cdef)
    #expect(greeting.bytes.count == 20)
    #expect(try VerificationGreeting(parsing: greeting.bytes) == greeting)
    let padding = [UInt8](repeating: 0, count: 36)
    #expect(try VerificationGreeting(parsing: greeting.bytes + padding) == greeting)
  }

  @Test func `of peers that speak otherwise are refused`() {
    let bytes = VerificationGreeting(.request, token: 1).bytes
    #expect(throws: WireError.length(0)) { try VerificationGreeting(parsing: []) }
    #expect(throws: WireError.length(19)) {
      try VerificationGreeting(parsing: Array(bytes.dropLast()))
    }
    #expect(throws: WireError.reserved) { try VerificationGreeting(parsing: bytes + [1]) }
    #expect(throws: WireError.magic(0)) {
      try VerificationGreeting(parsing: [UInt8](repeating: 0, count: 56))
    }
    for (place, error) in [(5, WireError.version(9)), (7, .kind(9)), (19, .reserved)] {
      var changed = bytes
      changed[place] = 9
      #expect(throws: error) { try VerificationGreeting(parsing: changed) }
    }
  }
}
