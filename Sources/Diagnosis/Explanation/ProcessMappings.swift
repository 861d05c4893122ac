import HostMemory
public import LinuxSystem
public import MemoryRegistration
public import Verbs

/// Which mappings of a process could not be registered, by cause.
public struct ProcessMappings: Sendable {
  /// Mappings of one cause.
  public struct Barred: Sendable {
    /// Why they cannot be registered.
    public let cause: FailureCause
    /// How many there are.
    public var count: Int
    /// The first of them, as /proc/PID/maps shows it.
    public let example: String
  }

  /// How many mappings the process has.
  public let count: Int
  /// Those that cannot be registered, the most frequent cause first; code and guard pages of threads are among them.
  public let barred: [Barred]

  /// Reads the mappings of `pid`; throws ENOENT or ESRCH if it is gone, EACCES if they are hidden.
  public init(ofProcess pid: Int32, access: AccessFlags, strategy: StrategyKind) throws(SystemError)
  {
    let areas = try VirtualMemoryArea.all(ofProcess: pid, detail: .smaps)
    let forWriting = strategy == .ioUring || access.pinsForWriting
    var found: [Barred] = []
    for area in areas {
      // What single pages are is left alone: a process may have more memory than can be looked through.
      let facts = MappingDefect.Facts(
        file: { MappedFile(behind: $0, ofProcess: pid) },
        isAbsent: { _ in false },
        firstGuard: { _ in nil },
        firstProtected: { _ in nil },
        isShort: { _ in false }
      )
      let defect =
        MappingDefect.find(
          in: area.range,
          areas: [area],
          forWriting: forWriting,
          rules: .ofRunningRelease,
          facts: facts
        )
        .first
      guard let defect else { continue }
      if let index = found.firstIndex(where: { $0.cause == defect.cause }) {
        found[index].count += 1
      } else {
        found.append(Barred(cause: defect.cause, count: 1, example: area.label))
      }
    }
    count = areas.count
    barred = found.sorted { $0.count > $1.count }
  }
}
