internal import CVerbs
import Glibc
public import LinuxSystem

extension ProtectionDomain {
  /// Whether the driver registers DMA-BUFs: offers it a descriptor that is none, which only a driver that has
  /// the operation looks at (`ibv_reg_dmabuf_mr`). Returns the errno: EBADF for yes, EOPNOTSUPP for no.
  public func probeDMABuf() -> Errno? {
    let access = Int32(IBV_ACCESS_LOCAL_WRITE.rawValue)
    let (region, code) = unsafe (
      ibv_reg_dmabuf_mr(raw, 0, 4096, 0, Int32.max, access), Errno.current
    )
    guard let region = unsafe region else { return code }
    let failure = unsafe ibv_dereg_mr(region)
    ReleaseFailures.note("ibv_dereg_mr", Errno(status: failure))
    return nil
  }
}
