internal import CVerbs
import Glibc
import LinuxSystem
import Synchronization

/// An open RDMA device (`ibv_open_device`); closed when the last object that uses it is gone.
@safe
public final class DeviceContext: Sendable {
  /// The device that is open.
  public let device: Device
  nonisolated(unsafe) let raw: UnsafeMutablePointer<ibv_context>
  let isGone = Atomic<Bool>(false)
  let storage = Mutex<[Storage]>([])
  /// The descriptors of completion channels, which hold the device as well.
  let channels = Mutex<[Int32]>([])

  /// Opens the device of this name; throws ENODEV when there is none, else what its file in /dev
  /// or `ibv_open_device` says.
  public init(named name: String) throws(VerbsError) {
    var count: Int32 = 0
    let (list, code) = unsafe (cverbs_get_device_list(&count), Errno.current)
    guard let list = unsafe list else { throw VerbsError("ibv_get_device_list", code: code) }
    defer { unsafe ibv_free_device_list(list) }
    for index in 0..<Int(count) {
      guard let candidate = unsafe list[index],
        unsafe String(cString: ibv_get_device_name(candidate)) == name
      else { continue }
      let (context, code) = unsafe (ibv_open_device(candidate), Errno.current)
      guard let context = unsafe context else {
        throw VerbsError("ibv_open_device", code: VerbsNode.refusal(of: name) ?? code)
      }
      device = unsafe Device(candidate)
      unsafe raw = context
      // So that nobody waits for an asynchronous event that is not there.
      _ = unsafe fcntl(context.pointee.async_fd, F_SETFL, O_NONBLOCK)
      return
    }
    throw VerbsError("ibv_open_device", code: .ENODEV)
  }

  deinit {
    QueueMappings.forget(ObjectIdentifier(self))
    noteRelease("ibv_close_device", unsafe ibv_close_device(raw))
  }
}
