public import HostMemory
import LinuxSystem
public import Verbs

/// io_uring fixed buffers: pinned through the same kernel path as memory regions, on any Linux, without a device.
public struct IOUringStrategy: RegistrationStrategy {
  /// Always `.ioUring`.
  public var kind: StrategyKind { .ioUring }

  /// Starts without a ring; each live registration takes one, and a thread keeps those it is done with.
  public init() {}

  /// Every base page touched, once per registration, where the memory is of base pages (`io_uring/rsrc.c`).
  ///
  /// Nothing where the kernel does not charge this process.
  public func chargedPages(for range: AddressRange) -> UInt64 {
    IOUringStrategy.isCharged ? range.pages : 0
  }

  /// As for base pages, but whole huge pages where the memory is of them (`io_buffer_account_pin()`).
  public func chargedPages(for range: AddressRange, of memory: MemoryKind) -> UInt64 {
    let granule = memory.granule
    guard IOUringStrategy.isCharged, granule > UInt64(BasePage.size), range.length > 0 else {
      return chargedPages(for: range)
    }
    let first = range.start / granule
    let last = (range.end - 1) / granule
    return (last - first + 1) * (granule / UInt64(BasePage.size))
  }

  // 6.1 and 6.18 charge every process, 7.3 only one that the limit binds: pinning a page once tells.
  private static let isCharged: Bool = {
    do {
      let page = try HostBuffer(.anonymous, length: UInt64(BasePage.size))
      let before = try ProcessStatus().pinned
      let buffer = try FixedBuffer(page.range)
      let during = try ProcessStatus().pinned
      try buffer.unpin()
      return during > before
    } catch {
      return true
    }
  }()

  /// Registers by `io_uring_register_buffers`; throws ENOMEM at the limit, EFAULT, EOPNOTSUPP, or ENOSYS and EPERM
  /// where io_uring itself is unavailable.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    do {
      return Registration(range, access, buffer: try FixedBuffer(range))
    } catch {
      throw RegistrationError(
        .register,
        .ioUring,
        range,
        access,
        call: error.action,
        code: error.code
      )
    }
  }
}
