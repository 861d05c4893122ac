import ArgumentParser

/// How `memreg check` writes its results.
enum CheckFormat: String, CaseIterable, ExpressibleByArgument {
  /// A line per check as it ends, for people.
  case text
  /// Test Anything Protocol 14.
  case tap
  /// JUnit XML, as CI systems read it.
  case junit
  /// One document of schema `memreg.check/1`.
  case json
}
