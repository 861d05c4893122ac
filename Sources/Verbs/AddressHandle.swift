internal import CVerbs
import Glibc
import LinuxSystem

/// An address handle (`ibv_create_ah`), by which datagrams find a port; destroyed once, explicitly or at scope end.
@safe
public struct AddressHandle: ~Copyable, Sendable {
  nonisolated(unsafe) private(set) var raw: UnsafeMutablePointer<ibv_ah>?
  private let domain: ProtectionDomain

  /// Makes a handle of the port behind `remote`, reached from `address`; throws if `ibv_create_ah(3)` fails.
  public init(
    in domain: ProtectionDomain,
    from address: PortAddress,
    to remote: PortAddress
  ) throws(VerbsError) {
    var attributes = remote.path(from: address)
    let (handle, code) = unsafe (ibv_create_ah(domain.raw, &attributes), Errno.current)
    guard let handle = unsafe handle else { try domain.context.fail("ibv_create_ah", code) }
    unsafe raw = handle
    self.domain = domain
  }

  /// Destroys the handle; throws the errno of `ibv_destroy_ah`, and the handle is then lost.
  public consuming func destroy() throws(VerbsError) {
    guard let handle = unsafe raw.take() else { return }
    try domain.context.checkRelease("ibv_destroy_ah", unsafe ibv_destroy_ah(handle))
  }

  deinit {
    guard let handle = unsafe raw else { return }
    domain.context.noteRelease("ibv_destroy_ah", unsafe ibv_destroy_ah(handle))
  }
}
