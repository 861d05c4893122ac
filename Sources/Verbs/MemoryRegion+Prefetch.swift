internal import CVerbs
import Glibc
public import HostMemory
import LinuxSystem

/// What a prefetch brings into the device's table of an on-demand region (`enum ibv_advise_mr_advice`).
public enum PrefetchAdvice: UInt32, Sendable, CaseIterable {
  /// Pages to read from, faulted in (`IBV_ADVISE_MR_ADVICE_PREFETCH`).
  case read = 0
  /// Pages to write to, faulted in (`IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE`).
  case write = 1
  /// Only pages that are present (`IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT`).
  case present = 2
}

extension MemoryRegion {
  /// Tells the device to bring `range` into its table ahead of use (`ibv_advise_mr`).
  ///
  /// With `waiting` the pages are there on return and a failure is thrown (`IBV_ADVISE_MR_FLAG_FLUSH`); without, the
  /// kernel works on it later and failures are lost. Throws ERANGE for bytes outside the region, what the driver says,
  /// and EINVAL for a region that is not on demand without asking the kernel: not every driver looks before it uses it.
  public func prefetch(
    _ range: AddressRange,
    _ advice: PrefetchAdvice,
    waiting: Bool
  ) throws(VerbsError) {
    let part = try RegionSlice(range, of: self, for: "ibv_advise_mr")
    guard isOnDemand else { throw VerbsError("ibv_advise_mr", code: .EINVAL) }
    var element = ibv_sge(addr: range.start, length: UInt32(range.length), lkey: part.lkey)
    let flags = waiting ? IB_UVERBS_ADVISE_MR_FLAG_FLUSH.rawValue : 0
    var code = unsafe ibv_advise_mr(
      domain.raw,
      ib_uverbs_advise_mr_advice(advice.rawValue),
      flags,
      &element,
      1
    )
    if code == EOPNOTSUPP, domain.context.device.driver == "rxe" {
      code = unsafe cverbs_rxe_advise_mr(domain.raw, advice.rawValue, flags, &element)
    }
    try domain.context.check("ibv_advise_mr", code)
  }
}
