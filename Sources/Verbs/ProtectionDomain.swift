internal import CVerbs
import Glibc

/// A protection domain (`ibv_alloc_pd`): regions, windows and queue pairs work together only inside one.
@safe
public final class ProtectionDomain: Sendable {
  /// The device the domain belongs to, kept open by it.
  public let context: DeviceContext
  nonisolated(unsafe) let raw: UnsafeMutablePointer<ibv_pd>

  /// Allocates a domain; throws what `ibv_alloc_pd` leaves.
  public init(on context: DeviceContext) throws(VerbsError) {
    let (domain, code) = unsafe (ibv_alloc_pd(context.raw), errno)
    guard let domain = unsafe domain else { throw VerbsError("ibv_alloc_pd", code: code) }
    self.context = context
    unsafe raw = domain
  }

  deinit {
    let code = unsafe ibv_dealloc_pd(raw)
    ReleaseFailures.note("ibv_dealloc_pd", code)
  }
}
