internal import CInterposition
internal import LinuxSystem
internal import Synchronization

/// The caches that are told before the C library takes memory away.
///
/// In whatever thread calls munmap or free, with whatever locks it holds, and in signal handlers: nothing here waits or
/// allocates. The list only ever grows, by cores that are never freed.
@safe
enum UnmapHooks {
  private static let first = Atomic<UInt>(0)

  /// Tells `core` from now on; throws where the calls of the C library cannot be noticed.
  static func start(_ core: CacheCore) throws(MonitorError) {
    if !core.isInHookList.exchange(true, ordering: .acquiringAndReleasing) { add(core) }
    let status = interposition_start { start, end in UnmapHooks.willUnmap(start, end) }
    if let code = Errno(status: status) { throw .unhooked(code) }
    core.isHooked.store(true, ordering: .sequentiallyConsistent)
  }

  private static func add(_ core: CacheCore) {
    let address = UInt(bitPattern: unsafe Unmanaged.passUnretained(core).toOpaque())
    var before = first.load(ordering: .relaxed)
    while true {
      core.nextHooked.store(before, ordering: .relaxed)
      let exchange = first.compareExchange(
        expected: before,
        desired: address,
        ordering: .acquiringAndReleasing
      )
      if exchange.exchanged { return }
      before = exchange.original
    }
  }

  private static func willUnmap(_ start: UInt64, _ end: UInt64) {
    var address = first.load(ordering: .acquiring)
    while let pointer = unsafe UnsafeRawPointer(bitPattern: address) {
      unsafe Unmanaged<CacheCore>.fromOpaque(pointer)
        ._withUnsafeGuaranteedRef { core in
          if core.isHooked.load(ordering: .acquiring), !core.isOfForkedParent {
            _ = core.invalidate(start, end)
          }
          address = core.nextHooked.load(ordering: .relaxed)
        }
    }
  }
}
