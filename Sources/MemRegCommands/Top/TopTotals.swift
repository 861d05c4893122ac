import Documents

/// What a process, or several together, have pinned and registered.
struct TopTotals: Equatable {
  var pinnedBytes: Int64 = 0
  var lockedBytes: UInt64 = 0
  var mrs = 0
  var mrBytes: UInt64 = 0
  var residualBytes: Int64 = 0
  /// Absent without a sample before.
  var pinnedBytesPerSecond: Int64?
  /// The least that one of them may still pin.
  var headroomBytes: UInt64?
  var firstPid: Int32 = .max
  /// Whether the kernel uncharged one of them more than it charged.
  var hasDefect = false

  init(_ processes: [TopSample.Process]) {
    for process in processes {
      pinnedBytes += process.pinnedBytes
      lockedBytes += process.lockedBytes
      mrs += process.mrs
      mrBytes += process.mrBytes
      residualBytes += process.residualBytes
      if let rate = process.pinnedBytesPerSecond {
        pinnedBytesPerSecond = (pinnedBytesPerSecond ?? 0) + rate
      }
      if let headroom = process.headroomBytes {
        headroomBytes = min(headroomBytes ?? .max, headroom)
      }
      firstPid = min(firstPid, process.pid)
      hasDefect = hasDefect || process.pinnedBytes < 0
    }
  }
}
