internal import CFixtures
import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem

extension Catalogue {
  static let specialKinds: [PinnableKind] = [
    PinnableKind("vdso", "The vDSO", writing: PinnableKind.never) { _ in
      guard let page = try OwnMapping.firstPage({ $0.hasSuffix("[vdso]") }) else {
        throw Skip("this kernel maps no vDSO")
      }
      return StagedMemory(page)
    },
    page("vsyscall", "The vsyscall page", at: 0xffff_ffff_ff60_0000),
    .unpinnable(
      "device-memory",
      "Memory of a PCI device",
      needs: [.capability(.sysAdmin)],
    ) { _ in StagedMemory(try Area.ofPCIDevice()) },
    .unpinnable(
      "secret",
      "Memory of memfd_secret"
    ) { _ in
      var descriptor: Int32 = -1
      if let code = Errno(status: unsafe fixtures_memfd_secret(&descriptor)) {
        throw Skip("no memfd_secret: \(code.name) (boot with secretmem.enable=1)")
      }
      let file = OpenFile(adopting: descriptor)
      try file.resize(toPages: 4)
      return StagedMemory(try Area(file, pages: 4))
    },
    .unpinnable(
      "guarded",
      "Memory with a guard page in its middle"
    ) { _ in
      let area = try Area(pages: 8)
      area.fill()
      if let code = area.adviceResult(.guardInstall, 4..<5) {
        throw Skip("no guard pages: \(code.name)")
      }
      return StagedMemory(area)
    },
    PinnableKind("droppable", "Memory that the kernel may drop (MAP_DROPPABLE)") { _ in
      do throws(SystemError) {
        // MAP_DROPPABLE is a type in place of MAP_PRIVATE, 8, of which MAP_PRIVATE is no bit.
        return StagedMemory(try Area(pages: 8, type: 8))
      } catch {
        throw Skip("no droppable memory: \(error.code.name)")
      }
    },
    faulting(
      "unserved",
      "Absent memory under a userfaultfd for user mode only",
      reading: PinnableKind.never,
      writing: PinnableKind.never
    ) { try FaultHandler(over: $0, userModeOnly: true) },
    faulting(
      "served",
      "Absent memory under a userfaultfd with a thread that serves it",
      needs: [.capability(.sysPtrace)],
      reading: { $0.writesToPinReadOnly ? .EFAULT : nil },
      writing: { $0.writesToPinReadOnly ? .EFAULT : nil }
    ) { try FaultHandler(over: $0, userModeOnly: false) },
    faulting(
      "write-protected",
      "Present memory that a userfaultfd protects against writing",
      reading: { $0.pinsInaccessibleMemory ? .EFAULT : nil },
      writing: PinnableKind.never
    ) { area in
      area.fill()
      return try FaultHandler(protecting: area)
    },
  ]

  /// Memory whose faults go to a userfaultfd.
  private static func faulting(
    _ name: String,
    _ what: String,
    needs: [Need] = [],
    reading: @escaping PinnableKind.Answer,
    writing: @escaping PinnableKind.Answer,
    _ handler: @escaping @Sendable (Area) throws -> FaultHandler
  ) -> PinnableKind {
    PinnableKind("fault-\(name)", what, needs: needs, reading: reading, writing: writing) { _ in
      let area = try Area(pages: 4)
      return StagedMemory(area.range, keep: [try handler(area), area])
    }
  }

  static let absentKinds: [PinnableKind] = [
    absent("unmapped", "Addresses without memory", 0..<8),
    absent("hole-at-start", "Memory that begins with a hole", 0..<1),
    absent("hole-in-middle", "Memory with a hole in its middle", 4..<5),
    absent("hole-at-end", "Memory that ends with a hole", 7..<8),
    page("null", "The page at address zero", at: 0),
    page("kernel-half", "An address of the kernel's half", at: 0xffff_8880_0000_0000),
  ]

  private static func page(_ name: String, _ what: String, at start: UInt64) -> PinnableKind {
    .unpinnable(name, what) { _ in
      StagedMemory(AddressRange(start: start, length: Area.page))
    }
  }

  private static func absent(_ name: String, _ what: String, _ hole: Range<Int>) -> PinnableKind {
    .unpinnable(name, what) { _ in
      let area = try Area(pages: 8)
      area.fill()
      try area.unmap(hole)
      return StagedMemory(area)
    }
  }
}

/// A userfaultfd over an area; closed with the object.
final class FaultHandler {
  private let descriptor: Int32

  /// Covers absent pages; a thread serves the faults unless they are those of user mode only.
  init(over area: Area, userModeOnly: Bool) throws {
    var descriptor: Int32 = -1
    let code = unsafe fixtures_fault_open(
      userModeOnly ? 1 : 0,
      area.range.start,
      area.range.length,
      &descriptor
    )
    if let code = Errno(status: code) { throw Skip("no userfaultfd: \(code.name)") }
    self.descriptor = descriptor
    if !userModeOnly {
      try SystemError.check("start a thread", fixtures_fault_serve_in_thread(descriptor))
    }
  }

  /// Protects present pages against writing.
  init(protecting area: Area) throws {
    var descriptor: Int32 = -1
    let code = unsafe fixtures_fault_protect(area.range.start, area.range.length, &descriptor)
    if let code = Errno(status: code) { throw Skip("no userfaultfd: \(code.name)") }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}

extension Area {
  /// The first memory resource of a PCI device that lets itself be mapped.
  static func ofPCIDevice() throws -> Area {
    let root = "/sys/bus/pci/devices"
    for device in Directory.names(in: root) {
      for resource in 0..<6 {
        let path = "\(root)/\(device)/resource\(resource)"
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { continue }
        let file = OpenFile(adopting: descriptor)
        if let area = try? Area(file, pages: 1) { return area }
      }
    }
    throw Skip("no PCI device has memory to map")
  }
}
