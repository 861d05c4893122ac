import Conformance
import Fixtures

/// The catalogue for people.
struct CheckList {
  private let checks: [Check]

  init(_ checks: [Check]) { self.checks = checks }

  /// A line per check with its promise; defects and the reason to leave it out by default beneath.
  var text: String {
    var table = TextTable([("check", .left), ("promise", .left)])
    for check in checks {
      table.append([check.name, check.promise])
      if let defect = check.defect {
        table.append(["", "known defect on \(defect.versions): \(defect.what)"])
      }
      for change in check.changes {
        table.append(["", "not with --safe: would \(change.rawValue)"])
      }
      if check.isLong { table.append(["", "only by a pattern: it takes long"]) }
      if let reason = check.optIn { table.append(["", "only by its full name: \(reason)"]) }
    }
    return table.text + "\(checks.count) checks\n"
  }
}
