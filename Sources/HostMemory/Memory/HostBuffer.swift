internal import CLinux
import Glibc
public import LinuxSystem

/// One mapping of memory that can be registered; unmapped when it goes out of scope.
public struct HostBuffer: ~Copyable, Sendable {
  /// What backs the buffer.
  public let kind: MemoryKind
  /// The addresses of the buffer, `length` as asked for; the mapping is rounded up to whole granules.
  public let range: AddressRange
  private let mapped: AddressRange

  /// Maps `length` bytes of `kind`, readable and, unless told otherwise, writable.
  ///
  /// Throws EINVAL for a length of zero, ENOMEM where memory or the hugetlb pool has no room, and for
  /// files what `open(2)` says, or EINVAL where the file is shorter than `length`.
  public init(_ kind: MemoryKind, length: UInt64, writable: Bool = true) throws(SystemError) {
    let action = "map \(length) bytes of \(kind.name) memory"
    let granule = kind.granule
    let (sum, overflow) = length.addingReportingOverflow(granule - 1)
    guard length > 0, !overflow, sum < UInt64(Int64.max) else {
      throw SystemError(action, code: length == 0 ? .EINVAL : .ENOMEM)
    }
    let size = sum / granule * granule
    let start =
      switch kind {
      case .anonymous: try HostBuffer.mapAnonymous(size, action, writable: writable)
      case .transparentHuge: try HostBuffer.mapTransparentHuge(size, action, writable: writable)
      case .hugetlb(let page): try HostBuffer.mapHugetlb(size, page, action)
      case .memfd: try HostBuffer.mapMemfd(size, action, writable: writable)
      case .file(let path): try HostBuffer.mapFile(path, length: length, action, writable: writable)
      }
    self.kind = kind
    range = AddressRange(start: start, length: length)
    mapped = AddressRange(start: start, length: size)
  }

  /// Faults every page in for writing (`MADV_POPULATE_WRITE`); throws ENOMEM or EFAULT, and EINTR where a command is to
  /// end before all are there.
  public func populate() throws(SystemError) {
    let action = "populate \(mapped.length) bytes of \(kind.name) memory"
    var done: UInt64 = 0
    while done < mapped.length {
      // A page of a gigabyte and memory that the host has yet to find take seconds a call.
      if done > 0, Interruption.isRequested { throw SystemError(action, code: .EINTR) }
      let length = min(mapped.length - done, max(HostBuffer.populatedAtOnce, kind.granule))
      try SystemError.check(
        action,
        unsafe clinux_populate(pointer?.advanced(by: Int(done)), Int(length))
      )
      done += length
    }
  }

  // The kernel leaves such a call for SIGKILL alone.
  private static let populatedAtOnce: UInt64 = 16 << 20

  /// Gives the pages back so that the next touch faults again; throws EOPNOTSUPP for files.
  public func discardPages() throws(SystemError) {
    let advice: Int32
    switch kind {
    case .anonymous, .transparentHuge, .hugetlb: advice = Int32(MADV_DONTNEED)
    case .memfd: advice = Int32(MADV_REMOVE)
    case .file: throw SystemError("discard the pages of \(kind.name)", code: .EOPNOTSUPP)
    }
    _ = try SystemError.check(
      "discard the pages of \(kind.name) memory",
      result: unsafe madvise(pointer, Int(mapped.length), advice)
    )
  }

  /// Maps fresh pages of no content in place of those of `part`, as munmap and mmap would at once; anonymous memory only.
  public func renew(_ part: AddressRange) throws(SystemError) {
    let action = "map \(part.length) bytes anew"
    guard kind == .anonymous, range.contains(part) else { throw SystemError(action, code: .EINVAL) }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    let address = unsafe UnsafeMutableRawPointer(bitPattern: UInt(part.start))
    let (result, code) = unsafe (
      mmap(address, Int(part.length), PROT_READ | PROT_WRITE, flags, -1, 0), Errno.current
    )
    guard unsafe result != MAP_FAILED else { throw SystemError(action, code: code) }
  }

  /// Passes the buffer's bytes to `body`; a device may write them meanwhile if they are registered for that.
  public func withUnsafeBytes<Value: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try unsafe body(UnsafeMutableRawBufferPointer(start: pointer, count: Int(range.length)))
  }

  private var pointer: UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(mapped.start))
  }

  deinit {
    // munmap fails only for arguments that no initializer lets through.
    let result = unsafe munmap(pointer, Int(mapped.length))
    assert(result == 0)
  }
}
