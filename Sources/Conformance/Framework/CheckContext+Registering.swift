import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

/// How a registration went.
enum Attempt {
  case registered(Region)
  case refused(Errno)

  /// The errno, `nil` where it went well.
  var code: Errno? {
    switch self {
    case .registered: nil
    case .refused(let code): code
    }
  }
}

extension CheckContext {
  /// Tries to register `range`.
  func attempt(
    _ range: AddressRange,
    _ access: AccessFlags = .full,
    iova: UInt64? = nil,
    in domain: ProtectionDomain? = nil
  ) throws -> Attempt {
    let domain = try domain ?? self.domain
    hasAttempted = true
    do throws(VerbsError) {
      let region = try MemoryRegion(in: domain, range: range, access: access, iova: iova)
      if sabotage == .wrongErrno { return .refused(.EIO) }
      return .registered(Region(region, range, of: self))
    } catch {
      return .refused(sabotage == .wrongErrno ? .EIO : error.code)
    }
  }

  /// Registers `range`, which has to work.
  func register(
    _ range: AddressRange,
    _ access: AccessFlags = .full,
    iova: UInt64? = nil,
    in domain: ProtectionDomain? = nil
  ) throws -> Region {
    switch try attempt(range, access, iova: iova, in: domain) {
    case .registered(let region): return region
    case .refused(let code):
      throw Mismatch(
        "registration of \(range.length) bytes with \(access)",
        expected: "success",
        observed: code.name
      )
    }
  }

  /// Registers `range` for on-demand paging, for which nothing is charged or pinned.
  func expectOnDemand(_ subject: String, _ range: AddressRange) throws {
    try expectRegistration(subject, range, .full.union(.onDemand), pages: 0)
  }

  /// Registers `range` when the kernel shall, else compares the errno; what it charges meanwhile is `pages`.
  func expectRegistration(
    _ subject: String,
    _ range: AddressRange,
    _ access: AccessFlags = .full,
    errno code: Errno? = nil,
    pages: UInt64? = nil
  ) throws {
    let before = try look()
    let attempt = try attempt(range, access)
    try expectErrno(subject, attempt.code, code)
    switch attempt {
    case .registered(let region):
      try expect(subject, since: before, pages: Int(pages ?? range.pages))
      try region.release()
      try expect("\(subject), released", since: before, pages: 0)
    case .refused:
      try expect("\(subject), refused", since: before, pages: 0)
    }
  }
}
