internal import CVerbs
import Glibc
import LinuxSystem

/// A shared receive queue (`ibv_create_srq`); destroyed once, explicitly or at scope end.
@safe
public struct SharedReceiveQueue: ~Copyable, Sendable {
  private nonisolated(unsafe) var raw: UnsafeMutablePointer<ibv_srq>?
  private let domain: ProtectionDomain

  /// Creates a queue of `requests` receives in `domain`; throws EINVAL beyond the device's `max_srq_wr`, or ENOMEM.
  public init(in domain: ProtectionDomain, requests: UInt32) throws(VerbsError) {
    var attributes = unsafe ibv_srq_init_attr()
    unsafe attributes.attr.max_wr = requests
    unsafe attributes.attr.max_sge = 1
    let (queue, code) = unsafe QueueMappings.recording(for: domain.context) {
      unsafe (ibv_create_srq(domain.raw, &attributes), Errno.current)
    }
    guard let queue = unsafe queue else { try domain.context.fail("ibv_create_srq", code) }
    unsafe raw = queue
    self.domain = domain
  }

  /// Destroys the queue; throws EBUSY while a queue pair receives from it.
  public consuming func destroy() throws(VerbsError) {
    guard let queue = unsafe raw.take() else { return }
    let code = QueueMappings.ending { unsafe ibv_destroy_srq(queue) }
    try domain.context.checkRelease("ibv_destroy_srq", code)
  }

  deinit {
    guard let queue = unsafe raw else { return }
    let code = QueueMappings.ending { unsafe ibv_destroy_srq(queue) }
    domain.context.noteRelease("ibv_destroy_srq", code)
  }
}
