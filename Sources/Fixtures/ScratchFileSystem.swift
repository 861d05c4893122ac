internal import CFixtures
import Glibc
package import LinuxSystem

/// An ext4 file system of its own, mounted where no other process sees it and gone with the object.
package final class ScratchFileSystem {
  /// What the file system is called, so that one left behind is known as nobody's data.
  package static let label = "memreg-check"

  /// Where it is mounted.
  package var path: String { directory.path }
  private let directory: TemporaryDirectory
  private let device: LoopDevice?

  /// Makes one of 16 MiB in memory; skips where that cannot be.
  package convenience init() throws {
    let device = try LoopDevice(over: OpenFile(memfdOfPages: 4096))
    try self.init(on: device.path, device, options: nil)
  }

  /// Makes one on persistent memory, whose files are mapped directly (DAX); destroys what is on the device.
  package convenience init(on memory: PersistentMemory) throws {
    try self.init(on: memory.path, nil, options: "dax")
  }

  private init(on source: String, _ device: LoopDevice?, options: String?) throws {
    let tool = "/sbin/mkfs.ext4"
    try SystemChange.fileSystem.require()
    guard unsafe access(tool, X_OK) == 0 else { throw Skip("needs mkfs.ext4 (e2fsprogs)") }
    try Program.run([
      tool, "-q", "-F", "-b", "4096", "-N", "16", "-O", "^has_journal", "-L",
      ScratchFileSystem.label, source,
    ])
    if let code = Errno(status: fixtures_enter_mount_namespace()) {
      throw Skip("no mount namespace: \(code.name)")
    }
    directory = try TemporaryDirectory()
    self.device = device
    let mounted = unsafe fixtures_mount(source, directory.path, "ext4", options)
    if let code = Errno(status: mounted) { throw Skip("cannot mount ext4: \(code.name)") }
  }

  /// A new file in it, written and synced.
  package func makeFile(pages: Int) throws(SystemError) -> OpenFile {
    try OpenFile(in: path, pages: pages)
  }

  deinit {
    // Mappings of its files may still be there: the file system stays for them, and out of sight.
    _ = unsafe umount2(path, Int32(MNT_DETACH))
  }
}
