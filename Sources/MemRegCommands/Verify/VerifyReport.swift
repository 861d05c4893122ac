import LinuxSystem
import PeerVerification

/// What `memreg verify` found out; the JSON document as it stands.
struct VerifyReport: Encodable {
  let schema = "memreg.verify/1"
  var host: String
  var port: UInt16
  /// The local device.
  var device: String
  var sizeBytes: UInt64
  var interrupted: Bool
  var cases: [Case]

  struct Case: Encodable {
    /// "remote" for memory of the host, "local" for memory of this side.
    var memory: String
    var name: String
    var expected: String
    var observed: String
    var holds: Bool

    init(_ result: VerificationCase) {
      memory = result.memory
      name = result.name
      expected = result.expected
      observed = result.observed
      holds = result.holds
    }
  }

  var failed: Int { cases.count { !$0.holds } }
}

extension VerifyReport {
  /// The report for people: a row for each case, then the count.
  var text: String {
    var table = TextTable([
      ("memory", .left), ("case", .left), ("", .left), ("observed", .left), ("expected", .left),
    ])
    for item in cases {
      table.append([
        item.memory, item.name, item.holds ? "ok" : "FAIL", item.observed,
        item.holds ? "" : item.expected,
      ])
    }
    let verdict = "\(cases.count - failed) hold, \(failed) do not"
    let place = "\(host) port \(port) over \(device), \(ByteSize.text(sizeBytes))"
    return "\(table.text)\n"
      + ["\(place): \(verdict)\(interrupted ? "; interrupted" : "")"].printableLines
  }
}
