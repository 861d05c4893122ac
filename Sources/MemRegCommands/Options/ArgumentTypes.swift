public import ArgumentParser
import Benchmarking
public import HostMemory
public import Verbs

extension MemoryKind: ExpressibleByArgument {
  /// Reads the name of a kind of memory.
  public init?(argument: String) { self.init(name: argument) }

  /// What completion offers.
  public static var allValueStrings: [String] {
    ["anonymous", "thp", "hugetlb:2M", "hugetlb:1G", "memfd", "file:PATH"]
  }
}

extension TracePattern: ExpressibleByArgument {}

extension AccessFlags: ExpressibleByArgument {
  /// Reads names joined by commas; `local-read` is no flag at all.
  public init?(argument: String) {
    var flags: AccessFlags = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      if name == "local-read" { continue }
      guard let flag = AccessFlags(name: String(name)) else { return nil }
      flags.insert(flag)
    }
    self = flags
  }

  /// The names, where the help shows a default.
  public var defaultValueDescription: String { description }

  /// What completion offers.
  public static var allValueStrings: [String] { ["local-read"] + allNames }
}
