import Fuzzing
import LinuxSystem
import Report

/// What `memreg fuzz` found; the JSON document as it stands.
struct FuzzReport: Encodable {
  struct Divergence: Encodable {
    let difference: String
    let seed: UInt64
    let originalSteps: Int
    let script: [String]
  }

  let schema = "memreg.fuzz/1"
  let kernel = KernelRelease.text
  let device: String
  let seed: UInt64
  let threads: Int
  let operations: Int
  let divergences: Int
  let answers: [String: Int]
  let elapsedNs: UInt64
  let interrupted: Bool
  let found: [Divergence]

  init(
    _ outcome: Fuzzer.Outcome,
    device: String,
    seed: UInt64,
    threads: Int,
    interrupted: Bool
  ) {
    self.device = device
    self.seed = seed
    self.threads = threads
    self.interrupted = interrupted
    operations = outcome.operations
    divergences = outcome.divergences.count
    answers = Dictionary(
      uniqueKeysWithValues: outcome.answers.map { code, count in
        (code == 0 ? "success" : ErrnoName.symbol(code), count)
      }
    )
    elapsedNs = outcome.elapsedNanoseconds
    found = outcome.divergences.map { divergence in
      Divergence(
        difference: divergence.difference,
        seed: divergence.seed,
        originalSteps: divergence.originalSteps,
        script: divergence.script.operations.map(\.description)
      )
    }
  }

  /// The report for people; each divergence as a script that can be kept in a file.
  var text: String {
    var lines: [String] = []
    for divergence in found {
      lines.append("# memreg fuzz --replay: Linux \(kernel), \(device), seed \(divergence.seed)")
      lines.append("# \(divergence.difference)")
      lines.append("# \(divergence.script.count) of \(divergence.originalSteps) steps")
      lines += divergence.script + [""]
    }
    let answers = answers.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }
    lines.append("registrations: \(answers.joined(separator: ", "))")
    let time = DurationText.text(nanoseconds: Double(elapsedNs))
    let note = interrupted ? ", interrupted" : ""
    lines.append(
      "\(operations) operations in \(time), \(divergences) "
        + "\(divergences == 1 ? "divergence" : "divergences"), seed \(seed)\(note)"
    )
    return lines.printableLines
  }
}
