import Diagnosis
import Fixtures
import Glibc
import LinuxSystem
import Verbs

extension Catalogue {
  /// Which memory can be pinned, kind by kind, for reading and for writing.
  static let pinnability: [Check] =
    (anonymousKinds + fileKinds + specialKinds + absentKinds).flatMap(\.checks) + accessRules
}

/// One kind of memory and what the kernel says when it is to be pinned.
struct PinnableKind: Sendable {
  /// The errno by probed behaviour, `nil` for success.
  typealias Answer = @Sendable (KernelBehaviour) -> Errno?

  let name: String
  let what: String
  let needs: [Need]
  let reading: Answer
  let writing: Answer
  let make: @Sendable (CheckContext) throws -> StagedMemory

  init(
    _ name: String,
    _ what: String,
    needs: [Need] = [],
    reading: @escaping Answer = { _ in nil },
    writing: @escaping Answer = { _ in nil },
    make: @escaping @Sendable (CheckContext) throws -> StagedMemory
  ) {
    self.name = name
    self.what = what
    self.needs = needs
    self.reading = reading
    self.writing = writing
    self.make = make
  }

  static let never: Answer = { _ in .EFAULT }

  /// Memory that cannot be pinned at all.
  static func unpinnable(
    _ name: String,
    _ what: String,
    needs: [Need] = [],
    make: @escaping @Sendable (CheckContext) throws -> StagedMemory
  ) -> PinnableKind {
    PinnableKind(name, what, needs: needs, reading: never, writing: never, make: make)
  }

  /// The kind's two checks.
  var checks: [Check] {
    [
      check("read", "for reading", [.remoteRead], reading),
      check("write", "for writing", .full, writing),
    ]
  }

  private func check(
    _ suffix: String,
    _ purpose: String,
    _ access: AccessFlags,
    _ answer: @escaping Answer
  ) -> Check {
    let make = make
    return Check(
      "pinnability.\(name).\(suffix)",
      "\(what), registered \(purpose), is pinned page by page or refused whole, as the rules say.",
      needs: needs,
      scope: .system
    ) { context in
      let expected = answer(try context.behaviour)
      let memory = try make(context)
      try context.expectRegistration("\(what) \(purpose)", memory.range, access, errno: expected)
    }
  }
}
