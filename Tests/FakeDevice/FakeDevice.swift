internal import CVerbsFake
public import LinuxSystem

/// The device "fake0" of the calling thread, which exists while `run` runs its body.
public enum FakeDevice {
  /// Objects of the fake device that still live.
  public struct Live: Equatable, Sendable {
    /// Open contexts.
    public var contexts = 0
    /// Allocated protection domains.
    public var domains = 0
    /// Registered regions.
    public var regions = 0

    /// Counts of the three kinds.
    public init(contexts: Int = 0, domains: Int = 0, regions: Int = 0) {
      self.contexts = contexts
      self.domains = domains
      self.regions = regions
    }
  }

  /// Runs `body` with the fake device in place of the real ones and returns what it left alive.
  public static func run(_ body: () throws -> Void) rethrows -> Live {
    fake_begin()
    defer { fake_end() }
    try body()
    return live
  }

  /// What lives on the fake device at the moment.
  public static var live: Live {
    Live(
      contexts: Int(fake_live_contexts()),
      domains: Int(fake_live_domains()),
      regions: Int(fake_live_regions())
    )
  }

  /// Makes the call of `verb` that follows `skipped` successful ones fail with `code`.
  public static func fail(verb: String, code: Errno, after skipped: Int32 = 0) {
    unsafe verb.withCString { unsafe fake_fail($0, code.rawValue, skipped) }
  }
}
