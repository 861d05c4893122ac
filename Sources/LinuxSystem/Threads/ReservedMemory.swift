import Glibc

/// Address space reserved at once and made usable from the front as it is needed; what is in it never moves.
///
/// It is unmapped by `release()` only: what uses it under a lock, or on the thread that reads memory events,
/// must neither allocate nor free.
@safe
public struct ReservedMemory: ~Copyable, Sendable {
  /// The first byte.
  nonisolated(unsafe) public let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var usable = 0

  /// Reserves `capacity` bytes, rounded up to whole pages; throws ENOMEM.
  public init(capacity: Int) throws(SystemError) {
    let page = Int(BasePage.size)
    let size = (capacity + page - 1) / page * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE)
    let (address, code) = unsafe (mmap(nil, size, PROT_NONE, flags, -1, 0), Errno.current)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw SystemError("reserve \(size) bytes of address space", code: code)
    }
    unsafe base = address
    self.capacity = size
  }

  /// Makes at least the first `size` bytes usable, zeroed; the errno of a failure: ENOMEM past the capacity or where the
  /// system has no memory left.
  public mutating func grow(to size: Int) -> Errno? {
    guard size > usable else { return nil }
    guard size <= capacity else { return .ENOMEM }
    let step = max(1 << 16, usable / 2)
    let wanted = min(capacity, max(size, usable + step))
    let page = Int(BasePage.size)
    let rounded = (wanted + page - 1) / page * page
    let (result, code) = unsafe (mprotect(base, rounded, PROT_READ | PROT_WRITE), Errno.current)
    guard result == 0 else { return code }
    usable = rounded
    return nil
  }

  /// Gives the pages back, after which what is usable is zero again.
  public func discard() {
    guard usable > 0 else { return }
    let result = unsafe madvise(base, usable, Int32(MADV_DONTNEED))
    assert(result == 0)
  }

  /// Gives the address space back.
  public consuming func release() {
    let result = unsafe munmap(base, capacity)
    assert(result == 0)
    discard self
  }

  deinit { unsafe _ = munmap(base, capacity) }
}
