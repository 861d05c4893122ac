import Fixtures
import Verbs

extension CheckContext {
  /// Runs `body` on `count` threads at once, none of which may fail, and after which nothing may be charged.
  func concurrently(
    _ count: Int,
    _ what: String,
    since before: Reading,
    _ body: @escaping @Sendable (ProtectionDomain, Int) throws(VerbsError) -> Void
  ) throws {
    let domain = try domain
    hasAttempted = true
    let failures = Threads.run(count) { index in
      VerbsError.code { () throws(VerbsError) in try body(domain, index) }
    }
    try expectSuccess("errno of the threads", failures)
    try expect(what, since: before, pages: 0)
  }
}
