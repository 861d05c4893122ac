import Coherence
import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// What a device has written into the pages of a file.
  static let filePages: [Check] = [
    Check(
      "dma-pinned.device-writes-reach-the-file",
      "What a device writes into the mapping of a file is in the file when the region is released and the page dropped.",
      needs: [.capability(.sysAdmin), .change(.fileSystem)],
      scope: .system
    ) { context in
      if try context.behaviour.refusesSharedFileWrites {
        throw Skip("this kernel pins no pages of a file on disk for writing")
      }
      let disk = try ScratchFileSystem()
      let file = try disk.makeFile(pages: 4)
      let area = try Area(file, pages: 4)
      let device = try CellDevice(in: context.domain)
      let region = try context.register(area.range)
      // Clean from here on, as far as the CPU's page tables tell.
      _ = fsync(file.descriptor)
      let bytes = ProbePattern.bytes(4, at: 1)
      let address = area.slice(1..<2).start
      let status = try device.write(bytes, to: address, key: region.rkey)
      try context.expect("write", status, .success)
      try region.release()
      try area.unmap()
      _ = fsync(file.descriptor)
      _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
      var found = [UInt8](repeating: 0, count: bytes.count)
      let count = unsafe pread(file.descriptor, &found, found.count, off_t(BasePage.size))
      try context.expect("bytes read from the file", count, bytes.count)
      let seen = Sabotage.active == .wrongBytes ? found.map { $0 ^ 0x40 } : found
      try context.expectBytes("the file", seen, bytes)
      withExtendedLifetime(disk) {}
    }
  ]
}
