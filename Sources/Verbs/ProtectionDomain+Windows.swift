internal import CVerbs
import Glibc

extension ProtectionDomain {
  /// The errno with which `ibv_alloc_mw` refuses a window of the type `number`, 0 where it makes one, which goes again.
  public func probeWindow(type number: UInt32) -> Int32 {
    let (window, code) = unsafe (ibv_alloc_mw(raw, ibv_mw_type(number)), errno)
    guard let window = unsafe window else { return code }
    let failure = unsafe ibv_dealloc_mw(window)
    ReleaseFailures.note("ibv_dealloc_mw", failure)
    return 0
  }
}
