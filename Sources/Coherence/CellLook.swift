import Fixtures
import HostMemory
import Verbs

/// One look at one place: the device reads before the CPU touches anything, then each writes and the other reads.
struct CellLook {
  let address: UInt64
  let offset: UInt64
  let isWritable: Bool
  let operation: CellOperation

  /// Takes the look and makes the result's verdict no better than what is seen.
  func take(
    _ device: borrowing CellDevice,
    _ key: UInt32,
    _ view: ProcessorView,
    _ result: inout CoherenceResult
  ) throws {
    try operation.protect?(operation.protection)
    var evidence: [String] = []
    let first = try device.read(address, key: key)
    evidence.append("offset \(offset): device reads \(text(first))")
    var read = first.status == .success ? "coherent" : first.status.description
    // Where the operation takes the CPU's access away, the device writes before it is given back.
    var written = operation.protect == nil ? nil : try writeByDevice(device, key)
    try operation.protect?(.readWrite)
    let range = AddressRange(start: address, length: UInt64(ProbePattern.length))
    if operation.protect == nil {
      let seen = view.read(range)
      evidence.append("CPU reads \(ProbePattern.text(seen))")
      if first.status == .success, seen != first.bytes { read = "stale" }
      let fresh = ProbePattern.bytes(4, at: offset)
      if view.write(fresh, at: address) {
        let second = try device.read(address, key: key)
        evidence.append("CPU writes \(ProbePattern.text(fresh)), device reads \(text(second))")
        if second.status != .success {
          read = second.status.description
        } else if second.bytes != fresh {
          read = "stale"
        }
      }
      written = try writeByDevice(device, key)
    } else if first.status == .success, first.bytes != ProbePattern.bytes(1, at: offset) {
      read = "stale"
    }
    var write = ""
    if let status = written.flatMap({ $0 }) {
      let seen = view.read(range)
      let sent = ProbePattern.bytes(5, at: offset)
      evidence.append("device writes \(ProbePattern.text(sent)) (\(status))")
      evidence.append("CPU reads \(ProbePattern.text(seen))")
      write =
        status != .success ? status.description : seen == sent ? "coherent" : "diverged"
    }
    result.evidence.append(evidence.joined(separator: ", "))
    result.merge(read: read, write: write)
  }

  private func text(_ answer: CellDevice.Answer) -> String {
    answer.status == .success ? ProbePattern.text(answer.bytes) : answer.status.description
  }

  private func writeByDevice(_ device: borrowing CellDevice, _ key: UInt32) throws
    -> CompletionStatus?
  {
    guard isWritable else { return nil }
    return try device.write(ProbePattern.bytes(5, at: offset), to: address, key: key)
  }
}

extension CoherenceResult {
  /// Takes in what one look showed: the worst of all looks counts, an error before a divergence before old bytes.
  package mutating func merge(read: String, write: String) {
    self.read = CoherenceResult.worse(self.read, read)
    self.write = CoherenceResult.worse(self.write, write)
    let both = [self.read, self.write]
    if let status = both.first(where: { $0.hasPrefix("IBV_WC") }) {
      verdict = .error(status)
    } else if both.contains("diverged") {
      verdict = .diverged
    } else if both.contains("stale") {
      verdict = .stale
    }
  }

  private static func worse(_ one: String, _ other: String) -> String {
    let order = ["", "coherent", "stale", "diverged"]
    func rank(_ word: String) -> Int { order.firstIndex(of: word) ?? order.count }
    return rank(other) > rank(one) ? other : one
  }
}
