import MemoryRegistration

/// A staging buffer that the cases of one worker share.
final class SharedStaging: Sendable {
  let copy: StagingCopy

  init(_ copy: consuming StagingCopy) { self.copy = copy }
}
