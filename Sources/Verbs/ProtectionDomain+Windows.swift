internal import CVerbs
import Glibc
public import LinuxSystem

extension ProtectionDomain {
  /// The errno with which `ibv_alloc_mw` refuses a window of the type `number`, `nil` where it makes one, which goes again.
  public func probeWindow(type number: UInt32) -> Errno? {
    let (window, code) = unsafe (ibv_alloc_mw(raw, ibv_mw_type(number)), Errno.current)
    guard let window = unsafe window else { return code }
    let failure = unsafe ibv_dealloc_mw(window)
    ReleaseFailures.note("ibv_dealloc_mw", Errno(status: failure))
    return nil
  }
}
