public import Diagnosis
import Glibc
public import HostMemory
public import LinuxSystem

/// A process's memory as far as pinning asks about it: what backs each base page and what the CPU may do.
public struct AddressSpaceModel: Equatable, Sendable {
  /// What backs a mapping.
  public enum Backing: Equatable, Sendable {
    /// Private memory: anonymous, or a private mapping of a file.
    case privateMemory
    /// Memory shared with others that no file system tracks: shared anonymous memory, memfd, tmpfs.
    case sharedMemory
    /// A shared mapping of a file whose file system tracks dirty pages.
    case sharedFile
    /// Private memory of a hugetlb pool.
    case hugetlb
    /// A file under DAX.
    case directAccess
    /// What is never pinned: device memory, memfd_secret, a file past its end.
    case unpinnable
  }

  /// What the CPU may do.
  public enum Protection: String, Equatable, Sendable, CaseIterable {
    case none
    case read
    case write
  }

  /// A base page.
  public struct Page: Equatable, Sendable {
    /// What backs it.
    public var backing: Backing
    /// What the CPU may do with it.
    public var protection: Protection
    /// Which mapping it is of, as far as is certain: what was split from another mapping may never merge with it again.
    public var origin: Int
    /// Its place in that mapping, in pages.
    public var offset: Int
  }

  private var pages: [UInt64: Page] = [:]
  private var mappings = 0

  /// Begins with nothing mapped.
  public init() {}

  /// The page at an address, `nil` where nothing is mapped.
  public subscript(address: UInt64) -> Page? { pages[address / UInt64(BasePage.size)] }

  /// Maps the pages of `range`, over whatever was there.
  public mutating func map(_ range: AddressRange, _ backing: Backing, _ protection: Protection) {
    let origin = nextMapping()
    for (offset, number) in AddressSpaceModel.numbers(of: range).enumerated() {
      pages[number] = Page(
        backing: backing,
        protection: protection,
        origin: origin,
        offset: offset
      )
    }
  }

  /// Unmaps the pages of `range`.
  public mutating func unmap(_ range: AddressRange) {
    for number in AddressSpaceModel.numbers(of: range) { pages[number] = nil }
  }

  /// Changes what the CPU may do; false, with nothing changed, where the range is not wholly mapped (ENOMEM).
  public mutating func protect(_ range: AddressRange, _ protection: Protection) -> Bool {
    let numbers = AddressSpaceModel.numbers(of: range)
    guard numbers.allSatisfy({ pages[$0] != nil }) else { return false }
    guard numbers.contains(where: { pages[$0]?.protection != protection }) else { return true }
    var split: [Int: Int] = [:]
    for number in numbers {
      guard var page = pages[number] else { continue }
      let origin = split[page.origin] ?? nextMapping()
      split[page.origin] = origin
      page.origin = origin
      page.protection = protection
      pages[number] = page
    }
    return true
  }

  /// Moves pages of one mapping to `start`, over whatever was there; false where they may not be of one mapping.
  ///
  /// Neighbours with equal flags stay apart where pages were brought into them one after the other (`anon_vma`).
  public mutating func move(_ range: AddressRange, to start: UInt64) -> Bool {
    let numbers = AddressSpaceModel.numbers(of: range)
    let moved = numbers.compactMap { pages[$0] }
    guard let first = moved.first, moved.count == numbers.count,
      moved.enumerated()
        .allSatisfy({ index, page in
          page.origin == first.origin && page.offset == first.offset + index
            && page.protection == first.protection
        })
    else { return false }
    unmap(AddressRange(start: start, length: range.length))
    for number in numbers { pages[number] = nil }
    let origin = nextMapping()
    for (index, page) in moved.enumerated() {
      var page = page
      page.origin = origin
      pages[start / UInt64(BasePage.size) + UInt64(index)] = page
    }
    return true
  }

  private mutating func nextMapping() -> Int {
    mappings += 1
    return mappings
  }

  /// The errno of pinning `range`, `nil` for success: that of the first page that cannot be pinned.
  public func answer(
    pinning range: AddressRange,
    writing: Bool,
    by behaviour: KernelBehaviour
  ) -> Errno? {
    for number in AddressSpaceModel.numbers(of: range) {
      guard let page = pages[number] else { return .EFAULT }
      if let code = page.answer(writing: writing, by: behaviour) { return code }
    }
    return nil
  }

  private static func numbers(of range: AddressRange) -> Range<UInt64> {
    let first = range.start / UInt64(BasePage.size)
    return first..<first + range.pages
  }
}

extension AddressSpaceModel.Page {
  /// `check_vma_flags()` and `writable_file_mapping_allowed()` of `mm/gup.c` for one page.
  fileprivate func answer(writing: Bool, by behaviour: KernelBehaviour) -> Errno? {
    if backing == .directAccess { return .EOPNOTSUPP }
    if backing == .unpinnable { return .EFAULT }
    guard writing else { return answerForReading(behaviour) }
    if protection != .write { return .EFAULT }
    return backing == .sharedFile && behaviour.refusesSharedFileWrites ? .EFAULT : nil
  }

  // By force, what the process may not write is still pinned for writing where a private copy can be made.
  private func answerForReading(_ behaviour: KernelBehaviour) -> Errno? {
    switch protection {
    case .write: nil
    case .read: backing == .privateMemory || !behaviour.writesToPinReadOnly ? nil : .EFAULT
    case .none: backing == .privateMemory && behaviour.pinsInaccessibleMemory ? nil : .EFAULT
    }
  }
}
