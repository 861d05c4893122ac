import Conformance
import Testing

@Suite struct `The catalogue of checks` {
  @Test func `names every check once, in lower case with dots and dashes`() {
    let names = Catalogue.checks.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.contains("."))
      #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "." || $0 == "-" })
    }
  }

  @Test func `knows the groups that leave the system as it is`() {
    #expect(
      Catalogue.safeGroups
        == ["accounting", "drivers", "lifecycle", "ownership", "data", "mw", "rereg"]
    )
  }

  @Test func `says of each check what is promised, in one sentence`() {
    for check in Catalogue.checks {
      #expect(check.promise.hasSuffix("."), "\(check.name)")
      #expect(check.promise.first?.isLetter == true, "\(check.name)")
    }
  }

  @Test(
    arguments: [
      ("accounting", "accounting.whole-page", true),
      ("accounting.wh*", "accounting.whole-page", true),
      ("*.write", "pinnability.heap.write", true),
      ("pinnability.heap", "pinnability.heap.write", true),
      ("account", "accounting.whole-page", false), ("*", "limits.zero", true),
      ("a*b*c", "limits.zero", false),
    ] as [(String, String, Bool)]
  )
  func `finds checks by group, beginning and glob`(pattern: String, name: String, isFound: Bool) {
    #expect(Catalogue.select([pattern]).contains { $0.name == name } == isFound)
  }

  @Test func `runs what may harm only by its full name`() {
    let costly = Catalogue.checks.filter { $0.optIn != nil }
    #expect(!costly.isEmpty)
    for check in costly {
      #expect(!Catalogue.select([]).contains { $0.name == check.name })
      #expect(!Catalogue.select(["*"]).contains { $0.name == check.name })
      #expect(Catalogue.select([check.name]).map(\.name) == [check.name])
    }
  }
}
