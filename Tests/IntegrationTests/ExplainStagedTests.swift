import Diagnosis
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import StagedMemory
import Testing
import Verbs

// Every cause is staged for real and the kernel asked; by io_uring natively and by rxe in the microVM.
@Suite struct `The explanation of a refusal` {
  @Test func `names the address of a hole in the mapping`() throws {
    // Far below where the kernel looks for room, lest another test's mapping fill the hole.
    let range = try Stage.map(8, near: 0x2000_0000_0000)
    let hole = range.start + 3 * Stage.page
    _ = unsafe munmap(Stage.pointer(hole), Int(Stage.page))
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .hole)
    #expect(explanation.verdict == "nothing is mapped at 0x\(String(hole, radix: 16))")
    #expect(explanation.evidence.first == "12288 bytes into the range: no mapping")
  }

  @Test func `names the part of the memory that is read-only`() throws {
    let range = try Stage.map(4)
    let part = range.start + 2 * Stage.page
    _ = unsafe mprotect(Stage.pointer(part), Int(Stage.page), PROT_READ)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .notWritable)
    #expect(explanation.verdict.contains("0x\(String(part, radix: 16)) is read-only"))
    #expect(explanation.evidence.first?.contains("r--p") == true)
  }

  @Test func `names memory that may not be read`() throws {
    let range = try Stage.map(2, protection: PROT_NONE)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .notReadable)
  }

  @Test func `names the address past the end of a file`() throws {
    let range = try Stage.mapFile(in: "/dev/shm", filePages: 2, pages: 4)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .beyondEndOfFile)
    let end = String(range.start + 2 * Stage.page, radix: 16)
    #expect(explanation.verdict == "the file ends before 0x\(end)")
    #expect(explanation.evidence.contains("file on tmpfs, 8192 bytes"))
  }

  @Test func `names a page that is missing under userfaultfd`() throws {
    let range = try Stage.map(4)
    unsafe Stage.pointer(range.start)?.storeBytes(of: 1, as: UInt8.self)
    var descriptor: Int32 = -1
    let staged = unsafe staged_userfault(
      Stage.pointer(range.start),
      Int(range.length),
      &descriptor
    )
    try #require(staged == 0)
    defer { close(descriptor) }
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .userfaultMissing)
    let missing = String(range.start + Stage.page, radix: 16)
    #expect(explanation.verdict.hasPrefix("the page at 0x\(missing) is missing"))
  }

  @Test(
    .enabled(
      if: KernelRelease.running >= KernelRelease(6, 13),
      "this kernel has no guard regions, which came with Linux 6.13"
    )
  )
  func `names the page of a guard region, whose removal helps`() throws {
    let range = try Stage.map(8)
    let guarded = range.start + 5 * Stage.page
    func advise(_ advice: Int32) throws {
      try #require(unsafe madvise(Stage.pointer(guarded), Int(Stage.page), advice) == 0)
    }
    try advise(102)  // MADV_GUARD_INSTALL
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .guardRegion)
    #expect(
      explanation.verdict
        == "the page at 0x\(String(guarded, radix: 16)) is a guard region (MADV_GUARD_INSTALL), "
        + "which no access may touch"
    )
    #expect(
      explanation.remedy
        == "remove it by madvise(MADV_GUARD_REMOVE), or leave it out of the range"
    )
    let before = AddressRange(start: range.start, length: 5 * Stage.page)
    #expect(try Stage.explain(before) == nil)
    try advise(103)  // MADV_GUARD_REMOVE
    #expect(try Stage.explain(range) == nil)
  }

  @Test(.enabled(if: Stage.hasSecretMemory, "this kernel hands out no memfd_secret"))
  func `names secret memory`() throws {
    let (code, explanation) = try #require(try Stage.explain(try Stage.secret(pages: 2)))
    #expect(code == .EFAULT && explanation.cause == .secretMemory)
  }

  @Test(
    .enabled(if: Stage.trackedDirectory != nil, "no file system here tracks dirty pages")
  )
  func `names a shared file, which kernels from 6.12 do not pin for writing`() throws {
    let directory = try #require(Stage.trackedDirectory)
    let range = try Stage.mapFile(in: directory, filePages: 2, pages: 2)
    guard KernelRelease.running >= KernelRelease(6, 12) else {
      #expect(try Stage.explain(range) == nil)
      return
    }
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .sharedFile)
  }

  @Test(
    .enabled(
      if: Stage.directAccessDirectory != nil,
      "no persistent memory; boot with memmap=64M!1G"
    )
  )
  func `names a file of persistent memory that is mapped directly`() throws {
    let directory = try #require(Stage.directAccessDirectory)
    let range = try Stage.mapFile(in: directory, filePages: 2, pages: 2)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EOPNOTSUPP && explanation.cause == .directAccessFile)
    #expect(explanation.evidence.contains("file on ext4, 8192 bytes"))
  }

  @Test func `names a mapping of the kernel's own`() throws {
    let areas = try VirtualMemoryArea.all(detail: .smaps)
    let mapped = areas.first { $0.has(.pageFrames) || $0.has(.inputOutput) }?.range
    guard let range = try mapped ?? Stage.deviceMemory() else {
      try Test.cancel("nothing maps page frames into a process here, and no PCI device has memory")
    }
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .specialMapping)
  }

  @Test(.enabled(if: Stage.canMakeNodes, "no root in a guest, who alone may make such a node"))
  func `names the driver of a GPU, whose memory is mapped`() throws {
    // Memory of a device under the name of NVIDIA's driver: the kernel refuses it in the same way.
    let range = try Stage.mapNode("/dev/nvidia-uvm", major: 1, minor: 1)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == .EFAULT && explanation.cause == .deviceMemory)
    #expect(
      explanation.verdict.hasSuffix(
        "is of NVIDIA's driver: memory of a GPU, which has no pages to pin"
      )
    )
    #expect(explanation.remedy.contains("dma-buf"))
  }

  // io_uring has errnos of its own for these.
  @Test(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
  func `names an empty range and one that wraps`() throws {
    let start = try Stage.map(1).start
    let empty = try #require(try Stage.explain(AddressRange(start: start, length: 0)))
    let wrapping = try #require(
      try Stage.explain(AddressRange(start: start, length: .max - 4096))
    )
    #expect(empty.code == .EINVAL && empty.explanation.cause == .emptyRange)
    #expect(wrapping.code == .EINVAL && wrapping.explanation.cause == .rangeOverflow)
  }

  @Test func `says that it is unknown where nothing accounts for the errno`() throws {
    let range = try Stage.map(1)
    let attempt = RegistrationAttempt(range, access: [], strategy: .verbs, code: .EIO)
    let explanation = Explainer().explain(attempt)
    #expect(explanation.cause == .unknown)
    #expect(explanation.verdict.hasPrefix("the cause of EIO is unknown"))
  }

  @Test func `counts the mappings against vm.max_map_count`() async {
    await #expect(processExitsWith: .success) {
      let most = try #require(MapCount.limit)
      let used = try MapCount.current()
      let range = try Stage.map(most - used + 64)
      // Every second page with another protection is a mapping of its own.
      for index in 0... {
        let address = unsafe Stage.pointer(range.start + UInt64(index) * 2 * Stage.page)
        if unsafe mprotect(address, Int(Stage.page), PROT_READ) != 0 { break }
      }
      let attempt = RegistrationAttempt(
        AddressRange(start: range.start, length: 4096),
        access: [],
        strategy: .ioUring,
        code: .ENOMEM
      )
      let explanation = Explainer().explain(attempt)
      #expect(explanation.cause == .mapCount)
      #expect(explanation.remedy.contains("sysctl vm.max_map_count=\(most * 4)"))
    }
  }
}

// Each in a process of its own; the integration tests give them a boot of its own too.
@Suite struct `The explanation of a refusal on a machine set up for it` {
  @Test(.enabled(if: MovableZone.bytes > 0, "no ZONE_MOVABLE; boot with movablecore=1G"))
  func `names memory that must be migrated and cannot be`() async {
    await #expect(processExitsWith: .success) {
      let range = try Stage.map(64)
      try #require(try Stage.touch(range) > 0, "no page of 64 is in ZONE_MOVABLE")
      var ends: [Int32] = [-1, -1]
      let pages = Int(min(range.length, 16 * Stage.page))
      let held = unsafe staged_hold(Stage.pointer(range.start), pages, &ends)
      try #require(held == 0)
      let (code, explanation) = try #require(try Stage.explain(range))
      #expect(code == .ENOMEM && explanation.cause == .migration)
      #expect(explanation.verdict.hasPrefix("pages of this memory lie in ZONE_MOVABLE"))
      for end in ends { close(end) }
      #expect(try Stage.explain(range) == nil)
    }
  }

  // Soft RoCE of 6.1 takes 4.8 KiB of kernel memory for a region.
  @Test(
    .enabled(
      if: RXE.isPresent && (try? MemoryInfo().available) ?? 0 > 3 << 30,
      "needs rxe0 and 3 GiB of free memory for the kernel's records of 524,287 regions"
    )
  )
  func `names the device that has no room for another region`() async {
    await #expect(processExitsWith: .success) {
      let context = try DeviceContext(named: "rxe0")
      let domain = try ProtectionDomain(on: context)
      let page = try Stage.map(1)
      let most = Int(try context.attributes().limits.maxMR)
      var count = 0
      while count <= most {
        do throws(VerbsError) {
          // Left to the kernel, which ends them with the process.
          _ = try MemoryRegion(
            in: domain,
            range: AddressRange(start: page.start, length: 4096),
            access: []
          )
          .detach()
        } catch {
          break
        }
        count += 1
      }
      #expect(count <= most && count > most - 8)
      let (_, explanation) = try #require(try Stage.explain(page))
      #expect(explanation.cause == .deviceLimit)
    }
  }
}
