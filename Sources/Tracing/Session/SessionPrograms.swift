/// The programs of a trace, by what a miss of one of them means.
struct SessionPrograms {
  /// At the entries of calls: a call without a record.
  var begins: [KernelProgram] = []
  /// At the returns of calls.
  var ends: [KernelProgram] = []
  /// Within calls: a record with parts that are too short.
  var stages: [KernelProgram] = []
  /// At the start of processes: one that may not be followed.
  var followers: [KernelProgram] = []

  static func misses(_ programs: [KernelProgram]) -> UInt64 {
    programs.reduce(0) { $0 + $1.misses }
  }
}
