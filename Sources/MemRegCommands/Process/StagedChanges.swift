import Fixtures

/// What commands that stage states of the kernel have left when they were killed.
enum StagedChanges {
  /// Restores it, and says so.
  static func restore() {
    let names = StagingRecord.recover()
    guard !names.isEmpty else { return }
    StandardError.message(
      "restored what a process that was killed had changed: \(names.joined(separator: ", "))"
    )
  }
}
