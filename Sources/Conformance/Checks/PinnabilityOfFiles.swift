import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem

extension Catalogue {
  /// Memory of a file of a file system of its own, mapped by `map`.
  private static func diskFile(
    _ name: String,
    _ what: String,
    reading: @escaping PinnableKind.Answer = { _ in nil },
    writing: @escaping PinnableKind.Answer = { _ in nil },
    _ map: @escaping @Sendable (ScratchFileSystem) throws -> Area
  ) -> PinnableKind {
    PinnableKind(
      "disk-file-\(name)",
      what,
      needs: [.capability(.sysAdmin), .change(.fileSystem)],
      reading: reading,
      writing: writing
    ) { _ in
      let disk = try ScratchFileSystem()
      let area = try map(disk)
      return StagedMemory(area.range, keep: [disk, area])
    }
  }

  /// A mapping of a memfd.
  private static func memfd(
    _ name: String,
    _ what: String,
    reading: @escaping PinnableKind.Answer = { _ in nil },
    writing: @escaping PinnableKind.Answer = { _ in nil },
    _ protection: Area.Protection = .readWrite,
    shared: Bool = true
  ) -> PinnableKind {
    PinnableKind("memfd-\(name)", what, reading: reading, writing: writing) { _ in
      StagedMemory(try Area(OpenFile(memfdOfPages: 8), pages: 8, protection, shared: shared))
    }
  }

  static let fileKinds: [PinnableKind] = [
    memfd("shared", "A shared memfd"),
    memfd(
      "shared-read-only",
      "A shared memfd that the process may only read",
      reading: { $0.pinsInaccessibleMemory ? .EFAULT : nil },
      writing: PinnableKind.never,
      .read
    ),
    memfd("private", "A private mapping of a memfd", shared: false),
    memfd(
      "private-read-only",
      "A private mapping of a memfd that the process may only read",
      writing: PinnableKind.never,
      .read,
      shared: false
    ),
    .unpinnable(
      "memfd-past-end",
      "A memfd past its end"
    ) { _ in
      StagedMemory(try Area(OpenFile(memfdOfPages: 4), pages: 8))
    },
    PinnableKind(
      "memfd-sealed",
      "A memfd sealed against future writing",
      reading: { $0.pinsInaccessibleMemory ? .EFAULT : nil },
      writing: PinnableKind.never
    ) { _ in
      let file = try OpenFile(memfdOfPages: 8)
      if let code = file.seal(Seal.futureWrite) { throw Skip("no such seal: \(code.name)") }
      return StagedMemory(try Area(file, pages: 8, .read))
    },
    PinnableKind("tmpfs-shared", "A shared file of a tmpfs") { _ in
      guard unsafe access("/dev/shm", W_OK) == 0 else { throw Skip("/dev/shm is not writable") }
      return StagedMemory(try Area(OpenFile(in: "/dev/shm", pages: 8), pages: 8))
    },
    PinnableKind("sysv-shared", "A System V shared memory segment") { _ in
      let segment = try SharedSegment(pages: 8)
      return StagedMemory(segment.range, keep: [segment])
    },
    diskFile(
      "shared",
      "A shared file of a file system that tracks dirty pages",
      writing: { $0.refusesSharedFileWrites ? .EFAULT : nil }
    ) { try Area($0.makeFile(pages: 8), pages: 8) },
    diskFile(
      "shared-read-only",
      "A shared file on disk that the process may only read",
      reading: { $0.pinsInaccessibleMemory ? .EFAULT : nil },
      writing: PinnableKind.never
    ) { try Area($0.makeFile(pages: 8), pages: 8, .read) },
    diskFile("private", "A private mapping of a file on disk") {
      try Area($0.makeFile(pages: 8), pages: 8, shared: false)
    },
    diskFile(
      "past-end",
      "A file on disk past its end",
      reading: PinnableKind.never,
      writing: PinnableKind.never
    ) { try Area($0.makeFile(pages: 4), pages: 8) },
    PinnableKind(
      "direct-access-file",
      "A file of persistent memory under DAX",
      needs: [.capability(.sysAdmin), .change(.fileSystem)],
      reading: { _ in .EOPNOTSUPP },
      writing: { _ in .EOPNOTSUPP }
    ) { _ in
      let disk = try ScratchFileSystem(on: PersistentMemory())
      let area = try Area(disk.makeFile(pages: 8), pages: 8)
      return StagedMemory(area.range, keep: [disk, area])
    },
    PinnableKind(
      "program-text",
      "The program's own code",
      writing: PinnableKind.never
    ) { _ in
      let text = try OwnMapping.firstPage { $0.contains(" r-xp ") && $0.contains("/") }
      guard let text else { throw Skip("no mapping of code") }
      return StagedMemory(text)
    },
  ]
}

/// A System V shared memory segment, removed as soon as it is attached.
@safe
final class SharedSegment {
  let range: AddressRange
  private let start: UnsafeMutableRawPointer?

  init(pages: Int) throws(SystemError) {
    let size = pages * BasePage.size
    let identifier = try SystemError.check(
      "make a shared memory segment",
      result: shmget(IPC_PRIVATE, size, IPC_CREAT | 0o600)
    )
    let (attached, code) = unsafe (shmat(identifier, nil, 0), Errno.current)
    _ = shmctl(identifier, IPC_RMID, nil)
    guard UInt(bitPattern: attached) != UInt.max else {
      throw SystemError("attach a shared memory segment", code: code)
    }
    unsafe start = attached
    range = AddressRange(start: UInt64(UInt(bitPattern: attached)), length: UInt64(size))
  }

  deinit { _ = unsafe shmdt(start) }
}
