import Glibc
import HostMemory
import Registration
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
    #expect(code == EFAULT && explanation.cause == .hole)
    #expect(explanation.verdict == "nothing is mapped at 0x\(String(hole, radix: 16))")
    #expect(explanation.evidence.first == "12288 bytes into the range: no mapping")
  }

  @Test func `names the part of the memory that is read-only`() throws {
    let range = try Stage.map(4)
    let part = range.start + 2 * Stage.page
    _ = unsafe mprotect(Stage.pointer(part), Int(Stage.page), PROT_READ)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == EFAULT && explanation.cause == .notWritable)
    #expect(explanation.verdict.contains("0x\(String(part, radix: 16)) is read-only"))
    #expect(explanation.evidence.first?.contains("r--p") == true)
  }

  @Test func `names memory that may not be read`() throws {
    let range = try Stage.map(2, protection: PROT_NONE)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == EFAULT && explanation.cause == .notReadable)
  }

  @Test func `names the address past the end of a file`() throws {
    let range = try Stage.mapFile(in: "/dev/shm", filePages: 2, pages: 4)
    let (code, explanation) = try #require(try Stage.explain(range))
    #expect(code == EFAULT && explanation.cause == .beyondEndOfFile)
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
    #expect(code == EFAULT && explanation.cause == .userfaultMissing)
    let missing = String(range.start + Stage.page, radix: 16)
    #expect(explanation.verdict.hasPrefix("the page at 0x\(missing) is missing"))
  }

  @Test(.enabled(if: Stage.hasSecretMemory, "this kernel hands out no memfd_secret"))
  func `names secret memory`() throws {
    let (code, explanation) = try #require(try Stage.explain(try Stage.secret(pages: 2)))
    #expect(code == EFAULT && explanation.cause == .secretMemory)
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
    #expect(code == EFAULT && explanation.cause == .sharedFile)
  }

  @Test func `names a mapping of the kernel's own`() throws {
    let areas = try VirtualMemoryArea.all(detail: .smaps)
    guard let area = areas.first(where: { $0.has(.pageFrames) || $0.has(.inputOutput) }) else {
      try Test.cancel("this kernel maps no page frames into a process")
    }
    let (code, explanation) = try #require(try Stage.explain(area.range))
    #expect(code == EFAULT && explanation.cause == .specialMapping)
  }

  @Test func `names an empty range and one that wraps`() throws {
    let start = try Stage.map(1).start
    let empty = try #require(try Stage.explain(AddressRange(start: start, length: 0)))
    let wrapping = try #require(
      try Stage.explain(AddressRange(start: start, length: .max - 4096))
    )
    // io_uring has errnos of its own for these.
    guard RXE.isPresent else { return }
    #expect(empty.code == EINVAL && empty.explanation.cause == .emptyRange)
    #expect(wrapping.code == EINVAL && wrapping.explanation.cause == .rangeOverflow)
  }

  @Test func `says that it is unknown where nothing accounts for the errno`() throws {
    let range = try Stage.map(1)
    let attempt = RegistrationAttempt(range, access: [], strategy: .verbs, code: EIO)
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
        code: ENOMEM
      )
      let explanation = Explainer().explain(attempt)
      #expect(explanation.cause == .mapCount)
      #expect(explanation.remedy.contains("sysctl vm.max_map_count=\(most * 4)"))
    }
  }
}
