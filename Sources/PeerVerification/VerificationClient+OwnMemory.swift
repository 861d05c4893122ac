import HostMemory
import Verbs

/// The checks of memory that this side registers, carried out by the server.
extension VerificationClient {
  func verifyLocal() throws {
    let memory = try VerificationMemory(length: length)
    try memory.fill(31)
    var region: VerificationRegion? = try VerificationRegion(
      memory,
      in: domain,
      access: [.localWrite, .remoteRead, .remoteWrite]
    )
    let pages = UInt64(memory.range.pages)
    note("charged", "local", "\(pages) pages", "\(region?.pages ?? 0) pages")
    let key = region?.region.rkey ?? 0
    let range = memory.range
    let read = try order(.read, range, key)
    note("read", "local", hex(try memory.sum()), hex(read.sum))
    let written = try order(.write, range, key, seed: 32)
    note("write", "local", hex(written.sum), hex(try memory.sum()))
    let middle = AddressRange(start: range.start + length / 2 - 3, length: 1021)
    note(
      "unaligned",
      "local",
      hex(bytes(of: memory, middle)),
      hex(try order(.read, middle, key).sum)
    )
    let before = try memory.sum()
    try orderRefusal("wrong-key", .read, range, key ^ 0x0100)
    try orderRefusal("stale-key", .write, range, key ^ 0x01)
    let over = AddressRange(start: range.end - 4, length: 8)
    try orderRefusal("beyond-the-end", .write, over, key)
    let under = AddressRange(start: range.start - 4, length: 8)
    try orderRefusal("before-the-start", .read, under, key)
    note("unchanged", "local", hex(before), hex(try memory.sum()))
    region = nil
    region = try VerificationRegion(memory, in: domain, access: .remoteRead)
    let reading = region?.region.rkey ?? 0
    try orderRefusal("write-to-read-only", .write, range, reading)
    note("read-only-read", "local", hex(before), hex(try order(.read, range, reading).sum))
    region = nil
    try orderRefusal("revoked", .read, range, reading)
    note("unchanged-to-the-end", "local", hex(before), hex(try memory.sum()))
  }

  /// Has the server read or write memory of this side, which has to work.
  private func order(
    _ kind: VerificationMessage.Kind,
    _ range: AddressRange,
    _ key: UInt32,
    seed: UInt64 = 0
  ) throws -> VerificationMessage {
    let answer = try ask(kind) { request in
      (request.address, request.byteCount, request.rkey) = (range.start, range.length, key)
      request.sum = seed
    }
    if answer.status != CompletionStatus.success.rawValue {
      note("\(kind)-status", "local", "\(CompletionStatus.success)", status(answer))
    }
    return answer
  }

  /// Has the server break a rule; the connection goes with it, and the next one tells what the server saw.
  private func orderRefusal(
    _ name: String,
    _ kind: VerificationMessage.Kind,
    _ range: AddressRange,
    _ key: UInt32
  ) throws {
    let answer: VerificationMessage
    do {
      answer = try ask(kind) { request in
        (request.address, request.byteCount, request.rkey) = (range.start, range.length, key)
      }
    } catch is VerificationLoss {
      try reconnect()
      answer = try ask(.outcome)
    }
    let expected = refusal(seenAs: CompletionStatus(rawValue: answer.status))
    note(name, "local", "\(expected)", status(answer))
  }

  private func bytes(of memory: VerificationMemory, _ range: AddressRange) -> UInt64 {
    let offset = Int(range.start - memory.range.start)
    var sum = Checksum()
    for byte in memory.copy(offset, Int(range.length)) { sum.add(byte) }
    return sum.value
  }

  private func status(_ answer: VerificationMessage) -> String {
    "\(CompletionStatus(rawValue: answer.status))"
  }
}
