import Fixtures
import Glibc
import HostMemory
import LinuxSystem

/// The addresses in which one fuzzing thread maps, unmaps and registers.
@safe
final class FuzzArena {
  /// Base pages of an arena.
  static let pages = 64

  let range: AddressRange
  private let file: OpenFile
  private static let stride: UInt64 = 1 << 30

  /// Takes the arena of a thread by its number; nothing is mapped in it.
  init(_ index: Int) throws(SystemError) {
    // Far from where mmap puts things by itself, so that what is unmapped here stays so.
    range = AddressRange(
      start: 0x3000_0000_0000 + UInt64(index) * FuzzArena.stride,
      length: UInt64(FuzzArena.pages) * Area.page
    )
    file = try OpenFile(memfdOfPages: FuzzArena.pages)
    try clear()
  }

  func slice(_ first: Int, _ count: Int) -> AddressRange {
    AddressRange(
      start: range.start + UInt64(first) * Area.page,
      length: UInt64(count) * Area.page
    )
  }

  /// Maps pages; a file's pages lie at their own offset.
  func map(
    _ kind: FuzzOperation.Mapping,
    _ first: Int,
    _ count: Int,
    _ protection: AddressSpaceModel.Protection
  ) throws(SystemError) {
    let part = slice(first, count)
    let isFile = kind == .memfd || kind == .memfdPrivate
    let isShared = kind == .memfd || kind == .shared
    let flags = MAP_FIXED | (isShared ? MAP_SHARED : MAP_PRIVATE) | (isFile ? 0 : MAP_ANONYMOUS)
    let (start, code) = unsafe (
      mmap(
        Area.pointer(part.start),
        Int(part.length),
        protection.bits,
        flags,
        isFile ? file.descriptor : -1,
        isFile ? off_t(first * BasePage.size) : 0
      ), Errno.current
    )
    guard unsafe start != MAP_FAILED else { throw SystemError("map \(count) pages", code: code) }
  }

  func unmap(_ first: Int, _ count: Int) throws(SystemError) {
    let part = slice(first, count)
    _ = try SystemError.check(
      "unmap \(count) pages",
      result: unsafe munmap(Area.pointer(part.start), Int(part.length))
    )
  }

  /// mprotect; the errno, `nil` where it works.
  func protect(_ first: Int, _ count: Int, _ protection: AddressSpaceModel.Protection) -> Errno? {
    let part = slice(first, count)
    let (result, code) = unsafe (
      mprotect(Area.pointer(part.start), Int(part.length), protection.bits), Errno.current
    )
    return result == 0 ? nil : code
  }

  /// mremap; the errno, `nil` where it works.
  func move(_ first: Int, _ count: Int, to target: Int) -> Errno? {
    slice(first, count).move(to: slice(target, count).start)
  }

  func discard(_ first: Int, _ count: Int) {
    let part = slice(first, count)
    _ = unsafe madvise(Area.pointer(part.start), Int(part.length), Area.Advice.dontNeed.rawValue)
  }

  func clear() throws(SystemError) { try unmap(0, FuzzArena.pages) }

  deinit { try? clear() }
}

extension AddressSpaceModel.Protection {
  fileprivate var bits: Int32 {
    switch self {
    case .none: PROT_NONE
    case .read: PROT_READ
    case .write: PROT_READ | PROT_WRITE
    }
  }
}
