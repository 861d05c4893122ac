internal import CVerbs
import Glibc
package import LinuxSystem

/// A protection domain (`ibv_alloc_pd`): regions, windows and queue pairs work together only inside one.
@safe
public final class ProtectionDomain: Sendable {
  /// The device the domain belongs to, kept open by it.
  public let context: DeviceContext
  nonisolated(unsafe) let raw: UnsafeMutablePointer<ibv_pd>

  /// Allocates a domain; throws if `ibv_alloc_pd(3)` fails.
  public init(on context: DeviceContext) throws(VerbsError) {
    let (domain, code) = unsafe (ibv_alloc_pd(context.raw), Errno.current)
    guard let domain = unsafe domain else { try context.fail("ibv_alloc_pd", code) }
    self.context = context
    unsafe raw = domain
  }

  /// The errno of an `ibv_dealloc_pd` that the kernel is to refuse, for checks; the domain is not to be used after it.
  package func deallocationResult() -> Errno? { Errno(status: unsafe ibv_dealloc_pd(raw)) }

  deinit {
    context.noteRelease("ibv_dealloc_pd", unsafe ibv_dealloc_pd(raw))
  }
}
