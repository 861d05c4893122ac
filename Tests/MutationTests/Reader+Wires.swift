import Glibc
import PeerVerification

@testable import Conformance
@testable import MemRegCommands

extension Reader {
  /// Bytes of peers, children, the kernel and recorded programs.
  static let wires = [
    Reader("messages of peers", seeds: messageSeeds) { bytes in
      if let message = try? VerificationMessage(parsing: bytes, limit: 1 << 20) {
        try require(message.bytes == bytes, "a message is another one once it has been written")
        try require(message.byteCount <= 1 << 20, "a message asks for more than the limit")
      }
      if let greeting = try? VerificationGreeting(parsing: bytes) {
        try require(
          bytes.starts(with: greeting.bytes),
          "a greeting is another one once it has been written"
        )
      }
    },
    Reader(
      "verdicts of children",
      texts: [CheckResult("a.b", .skipped("r")).wire],
      tokens: ["\t", "passed", "failed"]
    ) {
      bytes in
      guard let result = CheckResult(wire: text(bytes)) else { return }
      try require(
        CheckResult(wire: result.wire) != nil,
        "a verdict is lost once it has been written"
      )
    },
    Reader("raw recordings", count: 1500, seeds: [recordingSeed]) { bytes in
      var template = Array("/tmp/memreg-mutation-XXXXXX".utf8CString)
      guard let made = unsafe mkdtemp(&template) else {
        throw Fault("mkdtemp fails: errno \(errno)")
      }
      let directory = RecordingDirectory(unsafe String(cString: made))
      defer { directory.remove() }
      try write(bytes, to: "\(directory.path)/1-1")
      try write(Array(recordingSeed), to: "\(directory.path)/2-1")
      var recording = Recording(in: directory)
      try recording.write(command: "c", to: nowhere.get())
      _ = recording.summary.parts(of: "c")
    },
  ]

  private static let nowhere = Result { try OutputPlace("/dev/null", option: "--output") }

  private static let messageSeeds =
    VerificationMessage.Kind.allCases.map { VerificationMessage($0, sequence: 1).bytes }
    + [VerificationGreeting(.request, token: 7).bytes]

  /// A header and the entries of a registration and its deregistration, as Sources/CRecording/recording.h has them.
  private static let recordingSeed: [UInt8] = {
    let header =
      number(0x3143_4552_474d_454d, 8) + number(2, 4) + number(1, 4) + number(5, 8) + number(1, 4)
    let calls: [[UInt8]] = [1, 6]
      .map { call in
        number(2, 4) + number(call, 4) + number(2, 4) + number(0, 4) + number(10 + call, 8)
          + number(5, 8)
          + number(4096, 8) + number(4096, 8) + number(4096, 8) + number(0xabc0, 8) + number(7, 4)
      }
    return ([header] + calls).flatMap { $0 + [UInt8](repeating: 0, count: 128 - $0.count) }
  }()

  private static func number(_ value: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
