import Conformance
import Documents
import LinuxSystem
import Verbs

extension CheckReport {
  init(device: String, seed: UInt64) {
    self.init(
      kernel: Machine.kernelRelease,
      device: device,
      driver: Device.driver(of: device),
      seed: seed
    )
  }
}

extension CheckReport.Entry {
  init(_ result: CheckResult, of check: Check, on driver: String?) {
    let habit = DriverHabit.of(driver, in: check.name)
    self.init(
      name: check.name,
      group: check.group,
      promise: check.promise,
      verdict: .passed,
      note: result.note.isEmpty ? nil : result.note,
      defect: habit?.what ?? check.defect?.what,
      defectVersions: habit?.versions ?? check.defect?.versions,
      defectGone: result.verdict == .passed(defectGone: true),
      comparisons: result.comparisons,
      elapsedNs: result.elapsedNanoseconds
    )
    switch result.verdict {
    case .passed: break
    case .skipped(let why): (verdict, reason) = (Word(.skipped), why)
    case .failed(let mismatch): add(mismatch, as: .failed)
    case .knownDefect(let mismatch): add(mismatch, as: .knownDefect)
    }
  }

  private mutating func add(_ mismatch: Mismatch, as verdict: CheckReport.Verdict) {
    self.verdict = Word(verdict)
    subject = mismatch.subject
    expected = mismatch.expected
    observed = mismatch.observed
  }
}
