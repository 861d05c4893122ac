import Glibc
import HostMemory
public import LinuxSystem
public import Verbs

extension KernelBehaviour {
  /// Tries each behaviour with one page in `domain`; nothing stays registered. Throws where no page is to be had.
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
    func answer(
      _ range: AddressRange,
      _ access: AccessFlags
    ) -> (code: Errno?, rkey: UInt32, lkey: UInt32) {
      do throws(VerbsError) {
        let region = try MemoryRegion(
          in: domain,
          address: range.start,
          length: range.length,
          access: access
        )
        let keys = (region.rkey, region.lkey)
        try region.deregister()
        return (nil, keys.0, keys.1)
      } catch {
        return (error.code, 0, 0)
      }
    }
    let plain = answer(writable.range, [])
    self.init(
      writesToPinReadOnly: answer(shared.range, []).code == .EFAULT,
      pinsInaccessibleMemory: answer(hidden.range, []).code == nil,
      acceptsZeroBased: answer(writable.range, [.localWrite, .zeroBased]).code == nil,
      givesEveryRegionAnRkey: plain.code == nil && plain.rkey == plain.lkey,
      onDemand: answer(writable.range, [.localWrite, .onDemand]).code,
      refusesSharedFileWrites: KernelRelease.running >= KernelRelease(6, 5),
      regionPageLimit: DeviceTraits(named: domain.context.device.name).mostPages
    )
  }
}
