internal import CFixtures
import Glibc
package import LinuxSystem

/// An open file to map, closed with the object.
package final class OpenFile {
  package let descriptor: Int32

  package init(adopting descriptor: Int32) { self.descriptor = descriptor }

  /// An unnamed file in memory of some pages; seals may be added to it.
  package init(memfdOfPages pages: Int) throws(SystemError) {
    var descriptor: Int32 = -1
    try SystemError.check(
      "make a memfd",
      unsafe fixtures_memfd_sealable("memreg-check", &descriptor)
    )
    self.descriptor = descriptor
    try resize(toPages: pages)
  }

  /// A new file of some pages under `directory`, without a name once it is open.
  package init(in directory: String, pages: Int) throws(SystemError) {
    let path = "\(directory)/memreg-check-\(getpid())"
    descriptor = try SystemError.check(
      "create \(path)",
      result: unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    )
    unsafe unlink(path)
    try resize(toPages: pages)
    let page = [UInt8](repeating: 0x5A, count: BasePage.size)
    for _ in 0..<pages {
      _ = try SystemError.check(
        "fill \(path)",
        result: unsafe write(descriptor, page, page.count)
      )
    }
    _ = fsync(descriptor)
  }

  package func resize(toPages pages: Int) throws(SystemError) {
    _ = try SystemError.check(
      "size a file",
      result: ftruncate(descriptor, off_t(pages * BasePage.size))
    )
  }

  /// Adds seals to a memfd; the errno, `nil` where it works.
  package func seal(_ seals: UInt32) -> Errno? {
    Errno(status: fixtures_add_seals(descriptor, seals))
  }

  deinit { close(descriptor) }
}

extension Area {
  /// Maps a file from its beginning.
  package convenience init(
    _ file: OpenFile,
    pages: Int,
    _ protection: Protection = .readWrite,
    shared: Bool = true
  ) throws(SystemError) {
    try self.init(pages: pages, protection, shared: shared, descriptor: file.descriptor)
  }
}

/// Seals of a memfd (`F_SEAL_*`).
package enum Seal {
  package static let shrink: UInt32 = 2
  package static let grow: UInt32 = 4
  package static let write: UInt32 = 8
  package static let futureWrite: UInt32 = 16
}
