internal import CVerbs
import Glibc
import LinuxSystem
import Synchronization

/// A completion channel (`ibv_create_comp_channel`), by which a thread sleeps until a queue has a completion.
///
/// Destroyed when the last completion queue on it is gone.
@safe
public final class CompletionChannel: Sendable {
  /// The device, kept open by the channel.
  public let context: DeviceContext
  nonisolated(unsafe) let raw: UnsafeMutablePointer<ibv_comp_channel>
  /// Readable when a queue that was armed has a completion.
  let descriptor: Int32

  /// Creates a channel; throws if `ibv_create_comp_channel(3)` fails.
  public init(on context: DeviceContext) throws(VerbsError) {
    // Within the lock that a disassociation takes, which must find the descriptor or keep it from being made.
    let (channel, code) = unsafe QueueMappings.recording(for: context) {
      let (made, code) = unsafe (ibv_create_comp_channel(context.raw), Errno.current)
      if let made = unsafe made {
        let descriptor = unsafe made.pointee.fd
        context.channels.withLock { $0.append(descriptor) }
      }
      return unsafe (made, code)
    }
    guard let channel = unsafe channel else { try context.fail("ibv_create_comp_channel", code) }
    self.context = context
    unsafe raw = channel
    descriptor = unsafe channel.pointee.fd
    // So that nobody waits inside of libibverbs.
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Takes the events that have come; queues must be armed again for more.
  func acknowledge() {
    var queue: UnsafeMutablePointer<ibv_cq>?
    var owner: UnsafeMutableRawPointer?
    while !context.isDisassociated, unsafe ibv_get_cq_event(raw, &queue, &owner) == 0 {
      if let queue = unsafe queue { unsafe ibv_ack_cq_events(queue, 1) }
    }
  }

  deinit {
    let code = QueueMappings.ending {
      context.channels.withLock { list in list.removeAll { $0 == descriptor } }
      return unsafe ibv_destroy_comp_channel(raw)
    }
    context.noteRelease("ibv_destroy_comp_channel", code)
  }
}
