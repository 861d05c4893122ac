import Fixtures
import LinuxSystem
import Verbs

extension CheckContext {
  /// Compares and throws the mismatch.
  func expect<Value: Equatable>(_ subject: String, _ observed: Value, _ expected: Value) throws {
    comparisons += 1
    guard observed == expected else {
      throw Mismatch(subject, expected: "\(expected)", observed: "\(observed)")
    }
  }

  /// Compares element by element and throws the first that differs; few elements are shown all.
  func expect<Element: Equatable>(
    _ subject: String,
    _ observed: [Element],
    _ expected: [Element]
  ) throws {
    comparisons += 1
    guard observed != expected else { return }
    guard observed.count == expected.count, observed.count > 8,
      let index = observed.indices.first(where: { observed[$0] != expected[$0] })
    else { throw Mismatch(subject, expected: "\(expected)", observed: "\(observed)") }
    throw Mismatch(
      "\(subject), number \(index) of \(observed.count)",
      expected: "\(expected[index])",
      observed: "\(observed[index])"
    )
  }

  /// Compares the words at the start of all pages of `area` with those that `fill` writes.
  func expectFilled(_ area: Area, from first: UInt64 = 0x5eed_0000) throws {
    let words = (0..<area.pages).map { seen(area[$0]) }
    try expect("data of each page", words, (0..<area.pages).map { first &+ UInt64($0) })
  }

  /// Demands what `expected` describes.
  func require(_ subject: String, _ holds: Bool, expected: String, observed: String) throws {
    comparisons += 1
    guard holds else { throw Mismatch(subject, expected: expected, observed: observed) }
  }

  /// Passes any status but success.
  func requireError(_ subject: String, _ status: CompletionStatus) throws {
    try require(subject, status != .success, expected: "an error", observed: "\(status)")
  }

  /// Compares errno values by name; `nil` is success.
  func expectErrno(_ subject: String, _ observed: Errno?, _ expected: Errno?) throws {
    try expect(subject, observed.outcome, expected.outcome)
  }

  /// Demands that nothing has failed; shows the errno of each where something has.
  func expectSuccess(_ subject: String, _ failures: [Errno?]) throws {
    try expect(subject, failures.map(\.status), failures.map { _ in 0 })
  }

  /// Expects one of `expected`.
  func expectErrno(_ subject: String, _ observed: Errno?, in expected: [Errno]) throws {
    try require(
      subject,
      expected.contains { $0 == observed },
      expected: expected.map(\.name).joined(separator: " or "),
      observed: observed.outcome
    )
  }

  /// Compares what `VmPin` and the outstanding pins have gained since `before`, in base pages.
  func expect(
    _ subject: String,
    since before: Reading,
    pages: Int,
    pins: Int? = nil
  ) throws {
    let now = try look()
    try expectCharge(
      "\(subject): pages charged",
      now.charged - before.charged,
      pages,
      of: now.charged
    )
    guard let was = before.pins, let now = now.pins else { return }
    try expect("\(subject): pages pinned", now - was, pins ?? pages)
  }

  /// Compares pages charged, seen where `VmPin` is `charge` pages, and says so if no sound kernel shows that.
  func expectCharge(_ subject: String, _ observed: Int, _ expected: Int, of charge: Int) throws {
    let defect = VmPin.defect(of: charge).map { ", VmPin \(charge) pages: \($0)" } ?? ""
    try require(
      subject,
      observed == expected,
      expected: "\(expected)",
      observed: "\(observed)\(defect)"
    )
  }
}
