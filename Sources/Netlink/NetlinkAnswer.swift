internal import CNetlink
import Glibc
import LinuxSystem

/// The kernel's answer to one request, put together from what the socket delivers.
struct NetlinkAnswer {
  enum State: Equatable {
    case incomplete
    /// Ended, with the errno of a refusal.
    case complete(Errno?)
  }

  /// The payloads so far, headers of netlink taken off.
  private(set) var payloads: [[UInt8]] = []
  private(set) var state = State.incomplete
  private let sequence: UInt32

  init(sequence: UInt32) { self.sequence = sequence }

  /// The errno of a complete answer.
  var code: Errno? {
    guard case .complete(let code) = state else { return nil }
    return code
  }

  /// Takes one delivery, which may hold several messages; those of other requests are passed over.
  mutating func take(_ delivery: UnsafeRawBufferPointer) {
    var remaining = Int32(delivery.count)
    var current = unsafe delivery.baseAddress.map {
      unsafe UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: nlmsghdr.self)
    }
    while state == .incomplete, let header = unsafe current,
      unsafe nlmsg_ok(header, remaining) != 0
    {
      let payload = unsafe UnsafeRawBufferPointer(
        start: nlmsg_data(header),
        count: Int(nlmsg_datalen(header))
      )
      if unsafe header.pointee.nlmsg_seq == sequence {
        unsafe take(type: Int32(header.pointee.nlmsg_type), Array(payload))
      }
      unsafe current = unsafe nlmsg_next(header, &remaining)
    }
  }

  private mutating func take(type: Int32, _ payload: [UInt8]) {
    switch type {
    case NLMSG_NOOP: return
    case NLMSG_DONE, NLMSG_ERROR: state = .complete(NetlinkAnswer.code(payload))
    default: payloads.append(payload)
    }
  }

  /// Both end messages start with a negative errno, or 0.
  private static func code(_ payload: [UInt8]) -> Errno? {
    guard payload.count >= 4 else { return nil }
    var value: UInt32 = 0
    for byte in payload[..<4].reversed() { value = value << 8 | UInt32(byte) }
    return Errno(status: -Int32(bitPattern: value))
  }
}
