internal import CVerbs
import Glibc

/// By what a process learns that a device is being removed.
public enum RemovalSign: String, Sendable {
  /// The kernel has disassociated the context (Linux 7.3 and drivers of hardware).
  case fatalEvent = "IBV_EVENT_DEVICE_FATAL"
  /// The device's file has left /dev/infiniband or /sys; the removal may wait for its holders.
  case fileGone = "its device file is gone"
}

extension DeviceContext {
  /// Waits until the device is being removed, `timeout` is over, a signal comes or `waker` is readable;
  /// `nil` where it is not being removed.
  ///
  /// Takes the asynchronous events of the context, and drops those that are about something else.
  public func removalSign(within timeout: Duration = .zero, waker: Int32 = -1) -> RemovalSign? {
    let milliseconds =
      timeout.components.seconds * 1000 + timeout.components.attoseconds / 1_000_000_000_000_000
    var descriptors = [
      pollfd(fd: unsafe raw.pointee.async_fd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe poll(&descriptors, 2, Int32(clamping: milliseconds))
    if takesFatalEvent() { return .fatalEvent }
    return isFileGone ? .fileGone : nil
  }

  /// Takes what events there are, which may be none though poll(2) has seen one: the kernel drops those of a queue pair
  /// that ends (ib_uverbs_release_uevent in drivers/infiniband/core/uverbs_main.c).
  private func takesFatalEvent() -> Bool {
    var event = unsafe ibv_async_event()
    while unsafe ibv_get_async_event(raw, &event) == 0 {
      defer { unsafe ibv_ack_async_event(&event) }
      if unsafe event.event_type == IBV_EVENT_DEVICE_FATAL { return true }
    }
    return false
  }

  /// Whether the file that is open is the device's no more, which is so as soon as a removal has begun.
  var isFileGone: Bool {
    if isDisassociated { return true }
    return unsafe DeviceNode(raw.pointee.cmd_fd)?.isGone ?? false
  }
}
