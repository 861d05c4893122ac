import HostMemory
import Verbs

/// The checks of memory that the server registers.
extension VerificationClient {
  func verifyRemote() throws {
    let full: AccessFlags = [.localWrite, .remoteRead, .remoteWrite, .remoteAtomic]
    let region = try expose(full)
    let pages = AddressRange(start: region.address, length: region.byteCount).pages
    note("charged", "remote", "\(pages) pages", "\(region.pages) pages")
    try verifyTransfers(region)
    try refuse("wrong-key", region) { $0.rkey ^= 0x0100 }
    try refuse("stale-key", region) { $0.rkey ^= 0x01 }
    try refuse("beyond-the-end", region) { $0.address += self.length - 4 }
    try refuse("before-the-start", region) { $0.address -= 4 }
    let before = try ask(.sum).sum
    let reading = try expose([.remoteRead], seed: 5)
    try refuse("write-to-read-only", reading, writing: true) { _ in }
    note("read-only-unchanged", "remote", hex(reading.sum), hex(try ask(.sum).sum))
    note("read-only-read", "remote", hex(reading.sum), try readSum(reading))
    let writing = try expose([.localWrite, .remoteWrite], seed: 6)
    try refuse("read-of-write-only", writing, unless: serverDefect) { _ in }
    let again = try expose(full, seed: 7)
    note("other-contents", "remote", "true", "\(again.sum != before)")
    let revoked = try ask(.revoke)
    note("returned", "remote", "\(again.pages) pages", "\(revoked.pages) pages")
    try refuse("revoked", again) { _ in }
    try refuse("revoked-write", again, writing: true) { _ in }
  }

  private func verifyTransfers(_ region: VerificationMessage) throws {
    note("read", "remote", hex(region.sum), try readSum(region))
    try own.memory.fill(21)
    let all = remote(region)
    let written = try transfer(writing: true, all, count: length)
    note("write-status", "remote", "\(CompletionStatus.success)", "\(written)")
    note(
      "write",
      "remote",
      hex(try VerificationMemory.sum(21, count: Int(length))),
      hex(try ask(.sum).sum)
    )
    // From the middle of a page over its border, with a length that is no power of two.
    let part = RemoteMemory(address: region.address + length / 2 - 3, rkey: region.rkey)
    try own.memory.fill(22)
    _ = try transfer(writing: true, part, count: 1021)
    try own.memory.fill(23)
    let read = try transfer(writing: false, part, count: 1021)
    note("unaligned-status", "remote", "\(CompletionStatus.success)", "\(read)")
    let expected = hex(try VerificationMemory.sum(22, count: 1021))
    note("unaligned", "remote", expected, hex(try own.memory.sum(count: 1021)))
    if try context.attributes().atomics == .none {
      let reason = "\(context.device.name) has no atomics"
      for name in ["atomic-found", "atomic"] { skip(name, "remote", reason) }
    } else {
      try verifyAtomic(region)
    }
  }

  private func verifyAtomic(_ region: VerificationMessage) throws {
    try own.memory.fill(21)
    let before = own.memory.word(at: 0)
    _ = try transfer(writing: true, remote(region), count: 8)
    let status = try fetchAdd(3, at: remote(region))
    if status == .success {
      note("atomic-found", "remote", hex(before), hex(own.memory.word(at: 0)))
      _ = try transfer(writing: false, remote(region), count: 8)
      note("atomic", "remote", hex(before &+ 3), hex(own.memory.word(at: 0)))
    } else {
      note("atomic", "remote", "\(CompletionStatus.success)", "\(status)")
      try reconnect()
    }
  }

  /// Breaks a rule by what `change` makes of the region; it must be refused, and the next connection must work.
  private func refuse(
    _ name: String,
    _ region: VerificationMessage,
    writing: Bool = false,
    unless defect: String? = nil,
    _ change: (inout RemoteMemory) -> Void
  ) throws {
    var target = remote(region)
    change(&target)
    try own.memory.fill(0)
    var status = try transfer(writing: writing, target, count: 8)
    // A write of iWARP ends when it is sent; its refusal ends the connection under what follows.
    if context.isIWARP, writing, status == .success {
      status = try transfer(writing: false, remote(region), count: 8)
    }
    note(name, "remote", "\(refusal(seenAs: status))", "\(status)", unless: defect)
    try reconnect()
  }
}
