import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Catalogue {
  /// What the access flags ask of memory and of one another.
  static let accessRules: [Check] = [
    Check(
      "pinnability.access.remote-needs-local-write",
      "Remote writes and atomics without local writes are refused."
    ) { context in
      let area = try Area(pages: 1)
      for access: AccessFlags in [.remoteWrite, .remoteAtomic, [.remoteWrite, .remoteRead]] {
        try context.expectRegistration("\(access)", area.range, access, errno: .EINVAL)
      }
    },
    Check(
      "pinnability.access.writers",
      "Local writes and window binding each ask for memory that may be written."
    ) { context in
      let area = try Area(pages: 2)
      area.fill()
      try area.protect(.read)
      for access: AccessFlags in [.localWrite, .windowBind, [.localWrite, .remoteAtomic]] {
        try context.expectRegistration("\(access)", area.range, access, errno: .EFAULT)
      }
      try context.expectRegistration("no access", area.range, [])
      try context.expectRegistration("remote-read", area.range, [.remoteRead])
    },
    Check(
      "pinnability.access.never-the-zero-page",
      "A region for reading over untouched memory pins pages of its own, never the zero page.",
      needs: [.systemCounters],
      scope: .system
    ) { context in
      let area = try Area(pages: 32)
      guard area.read() == 0 else { throw Skip("fresh memory is not zero") }
      let before = try context.look()
      let region = try context.register(area.range, [.remoteRead])
      try context.expect("32 pages of zeros", since: before, pages: 32, pins: 32)
      try context.release(region, since: before)
    },
    Check(
      "pinnability.access.optional-bits",
      "Relaxed ordering and the other optional bits are accepted wherever the rest is."
    ) { context in
      let area = try Area(pages: 2)
      try context.expectRegistration(
        "relaxed-ordering",
        area.range,
        AccessFlags.full.union(.relaxedOrdering)
      )
      try context.expectRegistration(
        "an optional bit without a name",
        area.range,
        AccessFlags.full.union(AccessFlags(rawValue: 1 << 29))
      )
    },
    Check(
      "pinnability.access.unknown-bits",
      "An access bit that means nothing and is not optional is refused."
    ) { context in
      let area = try Area(pages: 1)
      let unknown = AccessFlags.full.union(AccessFlags(rawValue: 1 << 15))
      let attempt = try context.attempt(area.range, unknown)
      try context.expectErrno("access bit 15", attempt.code, in: [.EINVAL, .EOPNOTSUPP])
    },
    Check(
      "pinnability.access.zero-based-and-hugetlb",
      "A driver refuses ZERO_BASED and HUGETLB both, or accepts and ignores both."
    ) { context in
      let area = try Area(pages: 2)
      let code: Errno? = try context.behaviour.acceptsZeroBased ? nil : .EOPNOTSUPP
      for flag: AccessFlags in [.zeroBased, .hugetlb] {
        try context.expectRegistration(
          "\(flag)",
          area.range,
          AccessFlags.full.union(flag),
          errno: code
        )
      }
    },
    Check(
      "pinnability.access.iova-offset",
      "An iova may be any that has the address's offset in the page, and none that has another."
    ) { context in
      let area = try Area(pages: 4)
      let range = area.bytes(100, 4096)
      let before = try context.look()
      let region = try context.register(range, iova: 0x1000_0000_0064)
      try context.expect("iova with equal offset", since: before, pages: 2)
      try region.release()
      for iova: UInt64 in [0x1000_0000_0000, 0x1000_0000_0065] {
        let attempt = try context.attempt(range, iova: iova)
        try context.expectErrno("iova with another offset", attempt.code, .EINVAL)
      }
      try context.expect("refused", since: before, pages: 0)
    },
  ]
}
