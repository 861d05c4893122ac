/// What a trace has not seen.
package struct TraceLosses: Equatable, Sendable {
  /// Calls that have no record: there was no room for it, another thread took the place of the call, or its end was
  /// missed.
  package var calls: UInt64 = 0
  /// How often the kernel left out the program at the entry of a call: at most so many more calls have no record, since
  /// one that is not to be traced is left out as well.
  package var missedCalls: UInt64 = 0
  /// How often it left out a program within a call: at most so many records lack a part.
  package var missedStages: UInt64 = 0
  /// How often it left out the program at the start of a process or thread: at most so many processes are not followed.
  package var missedStarts: UInt64 = 0

  package init(
    calls: UInt64 = 0,
    missedCalls: UInt64 = 0,
    missedStages: UInt64 = 0,
    missedStarts: UInt64 = 0
  ) {
    (self.calls, self.missedCalls) = (calls, missedCalls)
    (self.missedStages, self.missedStarts) = (missedStages, missedStarts)
  }
}
