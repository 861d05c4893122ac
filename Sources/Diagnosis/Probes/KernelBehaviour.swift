public import LinuxSystem

/// In what the kernels differ about registration, found by trying each on the device at hand.
public struct KernelBehaviour: Equatable, Sendable {
  /// Whether a region without write access is pinned by force and for writing (`FOLL_FORCE|FOLL_WRITE`, before 6.2):
  /// found by registering a page that the process may only read, of memory shared with others.
  public var writesToPinReadOnly: Bool
  /// Whether memory without any permission can be pinned: the other side of the same force.
  public var pinsInaccessibleMemory: Bool
  /// Whether `IBV_ACCESS_ZERO_BASED` is accepted, and then ignored.
  public var acceptsZeroBased: Bool
  /// Whether a region without remote access has an rkey all the same.
  public var givesEveryRegionAnRkey: Bool
  /// The errno for an on-demand region, `nil` where the device has them.
  public var onDemand: Errno?
  /// Whether long-term pins for writing are refused on shared mappings of files whose file system tracks dirty pages.
  public var refusesSharedFileWrites: Bool
  /// Whether a range of no bytes that begins inside a page is registered, and charged one page.
  public var acceptsEmptyRanges: Bool
  /// Base pages beyond which the driver refuses a pinned region, `nil` for none; not tried, as it costs a warning
  /// in the kernel's log (rxe from 6.12: 262,144).
  public var regionPageLimit: UInt64?
  /// Whether the driver refuses more pages than `regionPageLimit` before the kernel judges range and limit.
  public var judgesLengthFirst: Bool
  /// Whether the driver judges RLIMIT_MEMLOCK by its own code, in which CAP_IPC_LOCK lifts nothing.
  public var limitsByItself: Bool

  /// States every behaviour, for the model's own tests and for kernels known beforehand.
  public init(
    writesToPinReadOnly: Bool = false,
    pinsInaccessibleMemory: Bool = false,
    acceptsZeroBased: Bool = false,
    givesEveryRegionAnRkey: Bool = true,
    onDemand: Errno? = nil,
    refusesSharedFileWrites: Bool = true,
    acceptsEmptyRanges: Bool = true,
    regionPageLimit: UInt64? = nil,
    judgesLengthFirst: Bool = false,
    limitsByItself: Bool = false
  ) {
    self.writesToPinReadOnly = writesToPinReadOnly
    self.pinsInaccessibleMemory = pinsInaccessibleMemory
    self.acceptsZeroBased = acceptsZeroBased
    (self.givesEveryRegionAnRkey, self.onDemand) = (givesEveryRegionAnRkey, onDemand)
    self.refusesSharedFileWrites = refusesSharedFileWrites
    self.acceptsEmptyRanges = acceptsEmptyRanges
    self.regionPageLimit = regionPageLimit
    (self.judgesLengthFirst, self.limitsByItself) = (judgesLengthFirst, limitsByItself)
  }

  /// What a kernel of `release` does where its release decides (`ib_umem_get()`, `check_vma_flags()`), on no device.
  public init(of release: KernelRelease) {
    let isForced = release < KernelRelease(6, 2)
    self.init(
      writesToPinReadOnly: isForced,
      pinsInaccessibleMemory: isForced,
      refusesSharedFileWrites: release >= KernelRelease(6, 5)
    )
  }

  /// What the running kernel does, by its release.
  public static var ofRunningRelease: KernelBehaviour { KernelBehaviour(of: .running) }
}
