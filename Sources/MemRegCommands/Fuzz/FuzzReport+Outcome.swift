import Documents
import Fuzzing
import LinuxSystem
import Report

extension FuzzReport {
  init(
    _ outcome: Fuzzer.Outcome,
    device: String,
    seed: UInt64,
    threads: Int,
    interrupted: Bool
  ) {
    let answers = outcome.answers.map { code, count in (code.outcome, count) }
    self.init(
      kernel: Machine.kernelRelease,
      device: device,
      seed: seed,
      threads: threads,
      operations: outcome.operations,
      divergences: outcome.divergences.count,
      answers: Dictionary(uniqueKeysWithValues: answers),
      elapsedNs: outcome.elapsedNanoseconds,
      interrupted: interrupted,
      found: outcome.divergences.map { divergence in
        Divergence(
          difference: divergence.difference,
          seed: divergence.seed,
          originalSteps: divergence.originalSteps,
          script: divergence.script.operations.map(\.description)
        )
      }
    )
  }

  /// The report for people; each divergence as a script that can be kept in a file.
  var text: StyledText {
    var lines: [StyledText] = []
    for divergence in found {
      lines.append("# memreg fuzz --replay: Linux \(kernel), \(device), seed \(divergence.seed)")
      lines.append(StyledText("# \(divergence.difference)", .bad))
      lines.append("# \(divergence.script.count) of \(divergence.originalSteps) steps")
      lines += divergence.script.map { StyledText($0) } + [""]
    }
    let answers = answers.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }
    lines.append("registrations: \(answers.joined(separator: ", "))")
    let time = DurationText.text(nanoseconds: Double(elapsedNs))
    let note = interrupted ? ", interrupted" : ""
    let found = "\(divergences) \(divergences == 1 ? "divergence" : "divergences")"
    lines.append(
      "\(operations) operations in \(time), \(found, divergences > 0 ? .bad : nil), seed \(seed)\(note)"
    )
    return lines.printableLines
  }
}
