import LinuxSystem
import Report
import Tracing
import Verbs

extension TracedCall {
  /// One line: when, who, what, and what the time was spent on or why it failed.
  ///
  /// `start` is when the trace began: `CLOCK_MONOTONIC` in nanoseconds.
  func line(since start: UInt64) -> String {
    let seconds = Double(Int64(bitPattern: record.begin &- start)) / 1e9
    let words = [
      FixedPoint.text(seconds, decimals: 6).padded(to: 11, right: true),
      "\(program) \(process)".printable.padded(to: 22), (device ?? "-").padded(to: 6),
      record.kind.name.padded(to: 10), backing.name.padded(to: 9), range.padded(to: 31),
      access.padded(to: 12), outcome,
    ]
    return words.joined(separator: " ") + "\n"
  }

  private var range: String {
    let size = ByteSize.text(lengthBytes)
    return address == 0 && record.kind == .charge
      ? size : "0x\(String(address, radix: 16)) \(size)"
  }

  private var access: String {
    switch record.kind {
    case .register where backing != .ioUring, .reregister:
      AccessFlags(rawValue: record.access).description
    case .charge: record.access == 1 ? "charge" : "give-back"
    default: "-"
    }
  }

  private var outcome: String {
    let time = DurationText.text(nanoseconds: Double(record.nanoseconds))
    if let failure = record.failure {
      guard record.hasParts else { return "\(record.errno.outcome) after \(time)" }
      return "\(record.errno.outcome) in \(failure.stage?.name ?? "uverbs") after \(time): "
        + failure.cause.text
    }
    guard record.hasParts else { return time }
    let parts = Part.allCases.filter { record[$0] > 0 }
      .map { "\($0.name) \(DurationText.text(nanoseconds: Double(record[$0])))" }
    return "\(time) = \(parts.joined(separator: " + "))"
  }
}

extension String {
  /// Filled with spaces to a width, at the left if `right` is set.
  fileprivate func padded(to width: Int, right: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return right ? spaces + self : self + spaces
  }
}
