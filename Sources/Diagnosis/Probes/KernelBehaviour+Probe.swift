import Glibc
import HostMemory
public import LinuxSystem
import MemoryRegistration
public import Verbs

extension KernelBehaviour {
  /// Tries each behaviour with one page in `domain`; nothing stays registered. Throws if no page is available.
  ///
  /// Not tried is a file on a disk, for which none may be at hand: that rule came with 6.5 (`mm/gup.c`).
  public init(probing domain: ProtectionDomain) throws(SystemError) {
    let page = UInt64(BasePage.size)
    let writable = try HostBuffer(.anonymous, length: page)
    let shared = try HostBuffer(.memfd, length: page, writable: false)
    let hidden = try HostBuffer(.anonymous, length: page)
    unsafe hidden.withUnsafeBytes { bytes in
      _ = unsafe mprotect(bytes.baseAddress, bytes.count, PROT_NONE)
    }
    let probe = RegistrationProbe(VerbsStrategy(in: domain))
    var hasRkey = false
    let inside = AddressRange(start: writable.range.start + 1, length: 0)
    let traits = DeviceTraits(named: domain.context.device.name)
    let plain = probe.attempt(writable.range, access: []) { hasRkey = $0.rkey == $0.lkey }
    self.init(
      writesToPinReadOnly: probe.attempt(shared.range, access: []) == .refused(.EFAULT),
      pinsInaccessibleMemory: probe.attempt(hidden.range, access: []) == .works,
      acceptsZeroBased: probe.attempt(writable.range, access: [.localWrite, .zeroBased]) == .works,
      givesEveryRegionAnRkey: plain == .works && hasRkey,
      onDemand: probe.attempt(writable.range, access: [.localWrite, .onDemand]).refusal,
      refusesSharedFileWrites: KernelRelease.running >= KernelRelease(6, 5),
      acceptsEmptyRanges: probe.attempt(inside, access: .localWrite) == .works,
      regionPageLimit: traits.mostPages,
      judgesLengthFirst: traits.judgesLengthFirst,
      limitsByItself: traits.limitsByItself
    )
  }
}
