import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Explainer {
  /// EFAULT: some page of the range cannot be pinned.
  func explainMapping(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    let defects = defects(of: attempt).filter { refuses($0, attempt) }
    guard let first = defects.first else { return explainByBisection(attempt) }
    var explanation = describe(first, attempt)
    explanation.evidence += defects.dropFirst().prefix(7)
      .map { "further on, \(Explainer.hexadecimal($0.address)): \(place($0.area))" }
    return explanation
  }

  /// EOPNOTSUPP of a file system that maps persistent memory directly.
  func explainDirectAccess(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy != .odp else { return nil }
    return defects(of: attempt).first { $0.cause == .directAccessFile }
      .map { describe($0, attempt) }
  }

  func defects(of attempt: RegistrationAttempt) -> [MappingDefect] {
    let areas = try? VirtualMemoryArea.overlapping(
      attempt.range,
      ofProcess: pid,
      detail: .smaps
    )
    guard let areas else { return [] }
    return MappingDefect.find(
      in: attempt.range,
      areas: areas,
      forWriting: attempt.pinsForWriting,
      rules: behaviour,
      facts: MappingDefect.Facts(
        file: { MappedFile(behind: $0, ofProcess: pid) },
        isAbsent: { isAbsent($0) },
        firstGuard: { firstPage(in: $0) { $0.isGuard } },
        firstProtected: { firstPage(in: $0) { $0.isWriteProtected } },
        isShort: { size in
          size.freePages == 0 || HugePageShortage(of: size, pages: 1, ofProcess: pid).kind != .pool
        }
      )
    )
  }

  private func firstPage(in range: AddressRange, where holds: (PageMap.Entry) -> Bool) -> UInt64? {
    guard let map = try? PageMap(ofProcess: pid) else { return nil }
    var first: UInt64?
    try? map.forEach(in: range) { address, entry in
      if first == nil, holds(entry) { first = address }
    }
    return first
  }

  private func isAbsent(_ address: UInt64) -> Bool {
    let page = AddressRange(start: address, length: 1)
    guard let map = try? PageMap(ofProcess: pid),
      let entry = try? map.entries(in: page).first
    else { return false }
    return !entry.isPresent && !entry.isSwapped
  }

  // Rules differ between kernels; where the page itself can be registered, the rule does not hold here.
  private func refuses(_ defect: MappingDefect, _ attempt: RegistrationAttempt) -> Bool {
    guard let probe else { return true }
    let page = UInt64(BasePage.size)
    let here = AddressRange(start: defect.address / page * page, length: page)
    return probe.attempt(here, access: attempt.access) != .works
  }

  private func explainByBisection(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard let probe, attempt.range.pages > 0, isSafe(attempt) else { return nil }
    let page = UInt64(BasePage.size)
    let start = attempt.range.start / page * page
    func fits(_ pages: UInt64) -> Bool {
      let part = AddressRange(start: start, length: pages * page)
      return probe.attempt(part, access: attempt.access) == .works
    }
    var (good, bad) = (UInt64(0), attempt.range.pages)
    if fits(bad) { return nil }
    while bad - good > 1 {
      let middle = good + (bad - good) / 2
      if fits(middle) { good = middle } else { bad = middle }
    }
    let address = start + good * page
    let areas = try? VirtualMemoryArea.overlapping(
      AddressRange(start: address, length: page),
      ofProcess: pid
    )
    return FailureExplanation(
      .unknown,
      "the page at \(Explainer.hexadecimal(address)) cannot be pinned, and its mapping does not say why",
      evidence: ["the \(good) pages before it can", place(areas?.first)],
      remedy: "look at what made the mapping, and at dmesg"
    )
  }

  // Its allocators reserve addresses for the GPU that the processor has no access to.
  private var usesNVIDIA: Bool {
    let areas = try? VirtualMemoryArea.all(ofProcess: pid, detail: .maps)
    return areas?.contains { MappingDriver($0) == .nvidia } ?? false
  }

  private func place(_ area: VirtualMemoryArea?) -> String {
    area.map { "mapping \($0.label)" } ?? "no mapping"
  }

  static func hexadecimal(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }

  func describe(
    _ defect: MappingDefect,
    _ attempt: RegistrationAttempt
  ) -> FailureExplanation {
    let (verdict, remedy) = words(
      for: defect,
      at: Explainer.hexadecimal(defect.address),
      attempt
    )
    let offset = defect.address - min(defect.address, attempt.range.start)
    var evidence = ["\(offset) bytes into the range: \(place(defect.area))"]
    if let area = defect.area, let file = MappedFile(behind: area, ofProcess: pid) {
      let size = file.size.map { "\($0) bytes" } ?? "size unknown"
      evidence.append("file on \(file.type ?? "a file system out of sight"), \(size)")
    }
    if defect.cause == .hugetlbPool, let size = defect.area?.usage?.pageSize,
      let page = HugePageSize(rawValue: size)
    {
      let shortage = HugePageShortage(of: page, pages: 1, ofProcess: pid)
      return .shortage(shortage, evidence: evidence)
    }
    return FailureExplanation(defect.cause, verdict, evidence: evidence, remedy: remedy)
  }

  private func words(
    for defect: MappingDefect,
    at address: String,
    _ attempt: RegistrationAttempt
  ) -> (verdict: String, remedy: String) {
    switch defect.cause {
    case .hole:
      ("nothing is mapped at \(address)", "map the memory before registering it, and all of it")
    case .notReadable where usesNVIDIA:
      (
        "the memory at \(address) may not be read (PROT_NONE): in a program that uses NVIDIA's driver, an address of "
          + "the GPU's memory",
        MappingDriver.nvidia.remedy
      )
    case .notReadable:
      ("the memory at \(address) may not be read (PROT_NONE)", "mprotect it PROT_READ first")
    case .notWritable:
      (
        "the memory at \(address) is read-only and \(attempt.pinner) pins for writing",
        "register it for reading only, or map it PROT_READ | PROT_WRITE"
      )
    case .readOnlyShared:
      (
        "the memory at \(address) is a read-only shared mapping, which this kernel does not pin: up to "
          + "6.1 it pins for writing even what is registered for reading",
        "map it PROT_READ | PROT_WRITE or MAP_PRIVATE, or use a kernel from 6.2"
      )
    case .sharedFile:
      (
        "the memory at \(address) is a shared mapping of a file whose writes are tracked; kernels from "
          + "6.5 do not pin it for writing",
        "register it for reading only, map it MAP_PRIVATE, or use tmpfs, memfd or hugetlbfs"
      )
    case .secretMemory:
      ("the memory at \(address) is memfd_secret, hidden even from the kernel", "copy the data out")
    case .directAccessFile:
      (
        "the file at \(address) is on persistent memory mapped directly (DAX), which may not be pinned "
          + "for long",
        "use an on-demand region, device DAX, or mount without dax"
      )
    case .beyondEndOfFile:
      ("the file ends before \(address)", "extend the file with ftruncate, or register less")
    case .guardRegion:
      (
        "the page at \(address) is a guard region (MADV_GUARD_INSTALL), which no access may touch",
        "remove it by madvise(MADV_GUARD_REMOVE), or leave it out of the range"
      )
    case .userfaultMissing:
      (
        "the page at \(address) is missing under userfaultfd, which is not asked for this fault: the "
          + "descriptor takes faults of user mode only, or the kernel cannot wait here",
        "populate the range before registering it, or open userfaultfd without UFFD_USER_MODE_ONLY"
      )
    case .userfaultProtected:
      (
        "the page at \(address) is write-protected by a userfaultfd, and \(attempt.pinner) pins for writing",
        "remove the protection by UFFDIO_WRITEPROTECT before registering, or register for reading only"
      )
    default:
      (
        "the mapping at \(address) "
          + (defect.area.flatMap { MappingDriver($0)?.verdict }
            ?? "is of a device or of the kernel (VM_IO, VM_PFNMAP), which has no pages to pin"),
        defect.area.flatMap { MappingDriver($0)?.remedy }
          ?? "register ordinary memory; device memory goes by dma-buf"
      )
    }
  }
}
