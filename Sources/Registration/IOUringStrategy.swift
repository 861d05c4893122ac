public import HostMemory
public import Verbs

/// io_uring fixed buffers: pinned through the same kernel path as memory regions, on any Linux, without a device.
public struct IOUringStrategy: RegistrationStrategy {
  /// Always `.ioUring`.
  public var kind: StrategyKind { .ioUring }
  private let pool = RingPool()

  /// Starts without a ring; each live registration takes one.
  public init() {}

  /// Every base page touched, once per registration (`io_uring/rsrc.c`).
  public func chargedPages(for range: AddressRange) -> UInt64 { range.pages }

  /// Registers by `io_uring_register_buffers`; throws ENOMEM at the limit, EFAULT, EOPNOTSUPP, or ENOSYS and EPERM
  /// where io_uring itself is not to be had.
  public func register(
    _ range: AddressRange,
    access: AccessFlags
  ) throws(RegistrationError) -> Registration {
    do {
      return Registration(range, access, buffer: try FixedBuffer(range, from: pool))
    } catch {
      throw RegistrationError(
        .register,
        .ioUring,
        range,
        access,
        call: "io_uring_register_buffers",
        code: error.code
      )
    }
  }
}
