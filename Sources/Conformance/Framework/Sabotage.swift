/// A way in which an observation is broken on purpose, to show that the checks notice.
public enum Sabotage: String, Sendable, CaseIterable {
  /// Every reading of charged or pinned pages is one too high once something is registered.
  case pageCount = "page-count"
  /// Regions are not deregistered when a check asks for it.
  case suppressedRelease = "suppressed-release"
  /// Errors arrive as another errno, and successes as a refusal.
  case wrongErrno = "wrong-errno"
  /// Page frames are seen to change at each look.
  case movingFrames = "moving-frames"
  /// Bytes that the CPU or a device reads arrive changed.
  case wrongBytes = "wrong-bytes"
}
