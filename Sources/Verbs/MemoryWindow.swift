internal import CVerbs
import Glibc
import LinuxSystem

/// A memory window (`ibv_alloc_mw`): a revocable view of a region; deallocated once, explicitly or at scope end.
@safe
public struct MemoryWindow: ~Copyable, Sendable {
  /// The kinds of windows: by verb, or by work request of a queue pair.
  public enum Kind: String, Sendable, CaseIterable {
    /// Bound by `ibv_bind_mw`.
    case type1
    /// Bound by a work request.
    case type2
  }

  nonisolated(unsafe) var raw: UnsafeMutablePointer<ibv_mw>?
  private let domain: ProtectionDomain
  /// Which kind it is.
  public let kind: Kind
  /// The key that a peer uses once the window is bound; every binding changes it.
  public var rkey: UInt32 { unsafe raw?.pointee.rkey ?? 0 }

  /// Allocates a window in `domain`; throws EOPNOTSUPP or EINVAL where the device has none of this kind.
  public init(in domain: ProtectionDomain, kind: Kind) throws(VerbsError) {
    let type = kind == .type1 ? IBV_MW_TYPE_1 : IBV_MW_TYPE_2
    let (window, code) = unsafe (ibv_alloc_mw(domain.raw, type), Errno.current)
    guard let window = unsafe window else { try domain.context.fail("ibv_alloc_mw", code) }
    unsafe raw = window
    self.kind = kind
    self.domain = domain
  }

  /// Deallocates the window; throws the errno of `ibv_dealloc_mw`, and the window is then lost.
  public consuming func deallocate() throws(VerbsError) {
    guard let window = unsafe raw.take() else { return }
    try domain.context.checkRelease("ibv_dealloc_mw", unsafe ibv_dealloc_mw(window))
  }

  deinit {
    guard let window = unsafe raw else { return }
    domain.context.noteRelease("ibv_dealloc_mw", unsafe ibv_dealloc_mw(window))
  }
}
