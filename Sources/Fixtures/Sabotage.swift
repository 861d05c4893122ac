import Synchronization

/// A way in which an observation is broken on purpose, to show that the checks notice.
public enum Sabotage: String, Sendable, CaseIterable {
  /// Every reading of charged or pinned pages is one too high once something is registered.
  case pageCount = "page-count"
  /// Regions are not deregistered when a check asks for it.
  case suppressedRelease = "suppressed-release"
  /// Errors arrive as another errno, and successes as a refusal; work requests end in the other way.
  case wrongErrno = "wrong-errno"
  /// Page frames are seen to change at each look.
  case movingFrames = "moving-frames"
  /// Bytes that the CPU or a device reads arrive changed.
  case wrongBytes = "wrong-bytes"
}

extension Sabotage {
  private static let index = Atomic<Int>(-1)

  /// What is broken in this process: a check has one to itself, and its children are forks of it.
  package static var active: Sabotage? {
    get {
      let index = index.load(ordering: .relaxed)
      return allCases.indices.contains(index) ? allCases[index] : nil
    }
    set { index.store(newValue.flatMap(allCases.firstIndex) ?? -1, ordering: .relaxed) }
  }
}
