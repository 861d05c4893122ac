internal import CLinux
import Glibc
import LinuxSystem

extension HostBuffer {
  static func mapAnonymous(
    _ size: UInt64,
    _ action: String,
    writable: Bool
  ) throws(SystemError) -> UInt64 {
    let start = try map(size, action, writable: writable, flags: MAP_PRIVATE | MAP_ANONYMOUS)
    // Advice that a kernel without transparent huge pages refuses, and has no need of.
    _ = unsafe madvise(
      UnsafeMutableRawPointer(bitPattern: UInt(start)),
      Int(size),
      Int32(MADV_NOHUGEPAGE)
    )
    return start
  }

  static func mapTransparentHuge(
    _ size: UInt64,
    _ action: String,
    writable: Bool
  ) throws(SystemError) -> UInt64 {
    let huge = HugePageSize.twoMebibytes.rawValue
    let start = try map(size + huge, action, writable: writable, flags: MAP_PRIVATE | MAP_ANONYMOUS)
    let aligned = (start + huge - 1) / huge * huge
    let (before, after) = (aligned - start, start + huge - aligned)
    if before > 0 {
      _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: UInt(start)), Int(before))
    }
    if after > 0 {
      _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: UInt(aligned + size)), Int(after))
    }
    let (result, code) = unsafe (
      madvise(UnsafeMutableRawPointer(bitPattern: UInt(aligned)), Int(size), Int32(MADV_HUGEPAGE)),
      Errno.current
    )
    guard result == 0 else {
      _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: UInt(aligned)), Int(size))
      throw SystemError(
        action,
        code: code,
        remedy: "this kernel has no transparent huge pages; use anonymous"
      )
    }
    return aligned
  }

  static func mapHugetlb(
    _ size: UInt64,
    _ page: HugePageSize,
    _ action: String
  ) throws(SystemError) -> UInt64 {
    var address: UnsafeMutableRawPointer?
    if let code = Errno(status: unsafe clinux_map_huge(Int(size), page.shift, &address)) {
      let shortage = HugePageShortage(of: page, pages: size / page.rawValue)
      throw SystemError(action, code: code, remedy: "\(shortage.reason); \(shortage.remedy)")
    }
    return UInt64(UInt(bitPattern: address))
  }

  static func mapMemfd(
    _ size: UInt64,
    _ action: String,
    writable: Bool
  ) throws(SystemError) -> UInt64 {
    var descriptor: Int32 = -1
    try SystemError.check(action, unsafe clinux_memfd("memreg", 0, &descriptor))
    defer { close(descriptor) }
    _ = try SystemError.check(action, result: ftruncate(descriptor, Int(size)))
    return try map(size, action, writable: writable, flags: MAP_SHARED, descriptor: descriptor)
  }

  static func mapFile(
    _ path: String,
    length: UInt64,
    _ action: String,
    writable: Bool
  ) throws(SystemError) -> UInt64 {
    let descriptor = try SystemError.check(
      action,
      result: unsafe open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
    )
    defer { close(descriptor) }
    var status = stat()
    _ = try SystemError.check(action, result: unsafe fstat(descriptor, &status))
    guard status.st_mode & S_IFMT == S_IFREG, UInt64(status.st_size) >= length else {
      throw SystemError(
        action,
        code: .EINVAL,
        remedy: "the file has \(status.st_size) bytes; ask for no more"
      )
    }
    return try map(length, action, writable: writable, flags: MAP_SHARED, descriptor: descriptor)
  }

  private static func map(
    _ size: UInt64,
    _ action: String,
    writable: Bool,
    flags: Int32,
    descriptor: Int32 = -1
  ) throws(SystemError) -> UInt64 {
    let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
    let (address, code) = unsafe (
      mmap(nil, Int(size), protection, flags, descriptor, 0), Errno.current
    )
    guard unsafe address != MAP_FAILED else { throw SystemError(action, code: code) }
    return UInt64(UInt(bitPattern: address))
  }
}
