import Glibc
package import HostMemory
package import LinuxSystem
import Synchronization

/// Memory in whatever state a check needs it: mapped page by page, changed, and unmapped with the object.
@safe
package final class Area {
  /// What the CPU may do.
  package enum Protection: Sendable {
    case none
    case read
    case readWrite

    package var bits: Int32 {
      switch self {
      case .none: PROT_NONE
      case .read: PROT_READ
      case .readWrite: PROT_READ | PROT_WRITE
      }
    }
  }

  /// Advice of `madvise(2)` by the numbers of the kernel's ABI.
  package enum Advice: Int32, Sendable {
    case dontNeed = 4
    case free = 8
    case remove = 9
    case dontFork = 10
    case mergeable = 12
    case huge = 14
    case noHuge = 15
    case cold = 20
    case pageOut = 21
    case collapse = 25
    case softOffline = 101
    case guardInstall = 102
  }

  package static let page = UInt64(BasePage.size)

  // Areas lie where mmap puts nothing by itself, so that a hole in one stays a hole.
  private static let next = Atomic<UInt64>(0x2000_0000_0000)

  package let range: AddressRange
  private var isMapped: [Bool]

  /// Maps `pages` base pages, anonymous unless a descriptor is given, at a fresh address unless one is given.
  package init(
    pages: Int,
    _ protection: Protection = .readWrite,
    shared: Bool = false,
    descriptor: Int32 = -1,
    offset: Int = 0,
    at address: UInt64? = nil,
    type: Int32? = nil
  ) throws(SystemError) {
    let length = pages * BasePage.size
    var kind = type ?? (shared ? MAP_SHARED : MAP_PRIVATE)
    if descriptor < 0 { kind |= MAP_ANONYMOUS }
    // MAP_FIXED, as the addresses are this class's own.
    kind |= MAP_FIXED
    let taken = (UInt64(pages) + 16) * Area.page
    let place = address ?? Area.next.wrappingAdd(taken, ordering: .relaxed).oldValue
    let (start, code) = unsafe (
      mmap(
        UnsafeMutableRawPointer(bitPattern: UInt(place)),
        length,
        protection.bits,
        kind,
        descriptor,
        off_t(offset)
      ), Errno.current
    )
    guard unsafe start != MAP_FAILED else {
      throw SystemError("map \(length) bytes for a check", code: code)
    }
    range = AddressRange(start: UInt64(UInt(bitPattern: start)), length: UInt64(length))
    isMapped = [Bool](repeating: true, count: pages)
  }

  package var pages: Int { Int(range.length / Area.page) }

  /// The addresses of some pages.
  package func slice(_ pages: Range<Int>) -> AddressRange {
    AddressRange(
      start: range.start + UInt64(pages.lowerBound) * Area.page,
      length: UInt64(pages.count) * Area.page
    )
  }

  /// The addresses of `length` bytes, `offset` bytes into the area.
  package func bytes(_ offset: UInt64, _ length: UInt64) -> AddressRange {
    AddressRange(start: range.start &+ offset, length: length)
  }

  package func protect(_ protection: Protection, _ pages: Range<Int>? = nil) throws(SystemError) {
    let part = pages.map(slice) ?? range
    let (result, code) = unsafe (
      mprotect(Area.pointer(part.start), Int(part.length), protection.bits), Errno.current
    )
    guard result == 0 else { throw SystemError("protect memory of a check", code: code) }
  }

  package func advise(_ advice: Advice, _ pages: Range<Int>? = nil) throws(SystemError) {
    let code = adviceResult(advice, pages)
    if let code { throw SystemError("advise \(advice) on memory of a check", code: code) }
  }

  /// The errno of `madvise(2)`, `nil` where it succeeds.
  package func adviceResult(_ advice: Advice, _ pages: Range<Int>? = nil) -> Errno? {
    let part = pages.map(slice) ?? range
    let (result, code) = unsafe (
      madvise(Area.pointer(part.start), Int(part.length), advice.rawValue), Errno.current
    )
    return result == 0 ? nil : code
  }

  /// Unmaps some pages or all of them; what is unmapped here is not unmapped again.
  package func unmap(_ pages: Range<Int>? = nil) throws(SystemError) {
    let part = pages.map(slice) ?? range
    let (result, code) = unsafe (munmap(Area.pointer(part.start), Int(part.length)), Errno.current)
    guard result == 0 else { throw SystemError("unmap memory of a check", code: code) }
    for page in pages ?? 0..<self.pages { isMapped[page] = false }
  }

  /// Writes a distinct number at the start of every page.
  package func fill(from first: UInt64 = 0x5eed_0000, _ pages: Range<Int>? = nil) {
    for page in pages ?? 0..<self.pages { self[page] = first &+ UInt64(page) }
  }

  /// The first word of a page.
  package subscript(page: Int) -> UInt64 {
    get {
      unsafe Area.pointer(slice(page..<page + 1).start)?.load(as: UInt64.self) ?? 0
    }
    set {
      unsafe Area.pointer(slice(page..<page + 1).start)?
        .storeBytes(of: newValue, as: UInt64.self)
    }
  }

  /// Reads each page, which maps the shared zero page into untouched anonymous memory.
  package func read() -> UInt64 { (0..<pages).reduce(0) { $0 &+ self[$1] } }

  package func lock(_ pages: Range<Int>? = nil) throws(SystemError) {
    let part = pages.map(slice) ?? range
    let (result, code) = unsafe (mlock(Area.pointer(part.start), Int(part.length)), Errno.current)
    guard result == 0 else { throw SystemError("mlock memory of a check", code: code) }
  }

  package static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
  }

  deinit {
    // What a check has unmapped may belong to another area by now.
    for page in 0..<pages where isMapped[page] {
      _ = unsafe munmap(Area.pointer(slice(page..<page + 1).start), BasePage.size)
    }
  }
}
