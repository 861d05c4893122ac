public import Fixtures
import Verbs

/// One named promise of the kernel about registered memory and the experiment that shows whether it holds.
public struct Check: Sendable {
  /// The stable dotted name, `group.what-is-promised`.
  public let name: String
  /// What the kernel promises, in one sentence.
  public let promise: String
  /// What the experiment needs to run at all.
  public let needs: [Need]
  /// Whether other checks may run meanwhile.
  public let scope: Scope
  /// When the experiment is given up and its process killed, in seconds.
  public let timeLimitSeconds: Int
  /// What kernels are known to do wrong here.
  public let defect: KnownDefect?
  /// The default run leaves the check out unless its name is given: it costs much or leaves a trace.
  public let optIn: String?
  /// The default run leaves the check out unless a pattern names it: it takes long.
  public let isLong: Bool
  let body: @Sendable (CheckContext) throws -> Void

  /// What a check observes besides its own process.
  public enum Scope: String, Sendable {
    /// Its own `VmPin` and errno values only.
    case process
    /// Counters or memory of the whole system, so it runs alone.
    case system
  }

  init(
    _ name: String,
    _ promise: String,
    needs: [Need] = [],
    scope: Scope = .process,
    timeLimitSeconds: Int = 120,
    defect: KnownDefect? = nil,
    optIn: String? = nil,
    isLong: Bool = false,
    _ body: @escaping @Sendable (CheckContext) throws -> Void
  ) {
    self.name = name
    self.promise = promise
    self.needs = needs
    self.scope = scope
    self.timeLimitSeconds = timeLimitSeconds
    self.defect = defect
    self.optIn = optIn
    self.isLong = isLong
    self.body = body
  }

  /// The part of the name before the first dot.
  public var group: String { String(name.prefix { $0 != "." }) }

  /// What the check does to the system, so that it is skipped where that is not allowed.
  public var changes: [SystemChange] {
    needs.compactMap { need in if case .change(let change) = need { change } else { nil } }
  }

  /// Whether `pattern` names the check: its group, its name, or a glob with `*`.
  public func matches(_ pattern: String) -> Bool {
    name == pattern || group == pattern || name.hasPrefix(pattern + ".")
      || Glob.matches(pattern, name)
  }
}

/// What a kernel does wrong: the check is expected to fail where `applies` says so.
public struct KnownDefect: Sendable {
  /// What goes wrong.
  public let what: String
  /// The kernels on which it was seen.
  public let versions: String
  let applies: @Sendable (CheckContext) throws -> Bool

  init(
    _ what: String,
    versions: String,
    applies: @escaping @Sendable (CheckContext) throws -> Bool = { _ in true }
  ) {
    self.what = what
    self.versions = versions
    self.applies = applies
  }

  /// A defect that every rxe of today has.
  static func ofRXE(_ what: String) -> KnownDefect {
    KnownDefect(
      what,
      versions: "seen on 6.1, 6.12 and 7.3",
      applies: { Device.driver(of: $0.deviceName) == "rxe" }
    )
  }
}
