/// Every check that memreg has, by group.
public enum Catalogue {
  /// All checks, in the order in which they run.
  public static let checks: [Check] =
    accounting + limits + pinnability + drivers + dmaPinned + filePages + lifecycle + ownership
    + dataPath + dataEdges + messages + memoryWindows + windowEdges + reregistration + coherence
    + onDemandPaging
    + invalidation + removal

  /// The checks that any of the patterns names; all of the default run where there is no pattern.
  public static func select(_ patterns: [String]) -> [Check] {
    guard !patterns.isEmpty else { return checks.filter { $0.optIn == nil && !$0.isLong } }
    return checks.filter { check in
      patterns.contains { check.matches($0) && (check.optIn == nil || check.name == $0) }
    }
  }

  /// Groups whose checks change nothing but their own memory and the device.
  public static var safeGroups: [String] {
    var groups: [String] = []
    for check in checks where !groups.contains(check.group) { groups.append(check.group) }
    return groups.filter { group in
      checks.allSatisfy { $0.group != group || $0.changes.isEmpty }
    }
  }
}
