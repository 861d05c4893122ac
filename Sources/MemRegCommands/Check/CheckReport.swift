import Conformance
import LinuxSystem
import Verbs

/// The results of one run; the JSON document as it stands.
struct CheckReport: Encodable {
  struct Summary: Encodable {
    var passed = 0
    var failed = 0
    var skipped = 0
    var knownDefects = 0
  }

  struct Entry: Encodable {
    let name: String
    let group: String
    let promise: String
    let verdict: String
    var reason: String?
    var subject: String?
    var expected: String?
    var observed: String?
    var note: String?
    var defect: String?
    var defectVersions: String?
    let defectGone: Bool
    let comparisons: Int
    let elapsedNs: UInt64
  }

  let schema = "memreg.check/1"
  let kernel = KernelRelease.text
  let device: String
  let driver: String?
  let seed: UInt64
  var interrupted = false
  private(set) var summary = Summary()
  private(set) var checks: [Entry] = []

  init(device: String, seed: UInt64) {
    self.device = device
    driver = Device.driver(of: device)
    self.seed = seed
  }

  /// Adds what came of `check` and counts it.
  mutating func append(_ result: CheckResult, of check: Check) -> Entry {
    let entry = Entry(result, of: check, on: driver)
    checks.append(entry)
    switch result.verdict {
    case .passed: summary.passed += 1
    case .failed: summary.failed += 1
    case .skipped: summary.skipped += 1
    case .knownDefect: summary.knownDefects += 1
    }
    return entry
  }
}

extension CheckReport.Entry {
  init(_ result: CheckResult, of check: Check, on driver: String?) {
    let habit = DriverHabit.of(driver, in: check.name)
    name = check.name
    group = check.group
    promise = check.promise
    verdict = result.verdict.word
    comparisons = result.comparisons
    elapsedNs = result.elapsedNanoseconds
    note = result.note.isEmpty ? nil : result.note
    defect = habit?.what ?? check.defect?.what
    defectVersions = habit?.versions ?? check.defect?.versions
    defectGone = result.verdict == .passed(defectGone: true)
    switch result.verdict {
    case .passed: break
    case .skipped(let why): reason = why
    case .failed(let mismatch), .knownDefect(let mismatch):
      subject = mismatch.subject
      expected = mismatch.expected
      observed = mismatch.observed
    }
  }
}
