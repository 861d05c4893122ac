import Glibc
import LinuxSystem

/// Persistent memory that the kernel emulates in RAM (`memmap=SIZE!START`) and that holds nobody's data.
package struct PersistentMemory {
  /// The block device.
  package let path: String

  /// Finds a device; skips where there is none, or none that is blank.
  package init() throws {
    let root = "/sys/devices/platform/e820_pmem"
    guard unsafe access(root, F_OK) == 0 else {
      throw Skip("needs emulated persistent memory (boot with memmap=64M!1G)")
    }
    if PersistentMemory.devices(under: root).isEmpty {
      for module in ["nd_e820", "nd_pmem"] { try Program.load(module: module) }
      // The driver probes by itself, some time after its module is there.
      for _ in 0..<200 where PersistentMemory.devices(under: root).isEmpty { usleep(10_000) }
    }
    let blank = PersistentMemory.devices(under: root).first(where: PersistentMemory.isNobodys)
    guard let blank else {
      throw Skip("the emulated persistent memory is in use, or not empty")
    }
    path = blank
  }

  private static func devices(under root: String) -> [String] {
    Directory.names(in: "/sys/block")
      .filter { $0.hasPrefix("pmem") }
      .filter { name in
        guard let target = unsafe realpath("/sys/block/\(name)", nil) else { return false }
        defer { unsafe free(target) }
        return unsafe String(cString: target).hasPrefix(root)
      }
      .map { "/dev/\($0)" }
  }

  // Every file system and partition table has something in the first 128 KiB. A device in use cannot be opened.
  private static func isNobodys(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_RDONLY | O_EXCL | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 128 << 10)
    guard unsafe read(descriptor, &start, start.count) == start.count else { return false }
    // `struct ext4_super_block`, at 1024: s_volume_name.
    let label = 1024 + 120
    let name = Array(ScratchFileSystem.label.utf8)
    return start.allSatisfy { $0 == 0 } || start[label..<label + name.count].elementsEqual(name)
  }
}
