internal import CVerbs
import Glibc
import LinuxSystem

/// An RDMA device by name, as `ibv_get_device_list` shows it; opening makes a `DeviceContext`.
public struct Device: Hashable, Sendable {
  /// The kernel's name, such as `rxe0`.
  public let name: String
  /// The name of the character device under /dev/infiniband, such as `uverbs0`.
  public let characterDevice: String
  /// The node's GUID in network byte order as libibverbs returns it.
  public let guid: UInt64

  /// All devices that libibverbs finds; empty where the kernel has no RDMA (ENOSYS).
  public static func all() throws(VerbsError) -> [Device] {
    var count: Int32 = 0
    let (list, code) = unsafe (cverbs_get_device_list(&count), Errno.current)
    guard let list = unsafe list else {
      if code == .ENOSYS { return [] }
      throw VerbsError("ibv_get_device_list", code: code)
    }
    defer { unsafe ibv_free_device_list(list) }
    var devices: [Device] = []
    for index in 0..<Int(count) {
      guard let device = unsafe list[index] else { continue }
      devices.append(unsafe Device(device))
    }
    return devices
  }

  /// The number of its folder in /sys, which another device of the same names does not get; 0 without one.
  private let node: UInt64

  /// Whether the device is no more, as from the beginning of a removal on.
  public var isGone: Bool { Device.node(characterDevice) != node }

  private static func node(_ characterDevice: String) -> UInt64 {
    var status = stat()
    let result = unsafe stat("/sys/class/infiniband_verbs/\(characterDevice)", &status)
    return result == 0 ? UInt64(status.st_ino) : 0
  }

  init(_ device: UnsafeMutablePointer<ibv_device>) {
    name = unsafe String(cString: ibv_get_device_name(device))
    characterDevice = unsafe withUnsafeBytes(of: &device.pointee.dev_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    guid = unsafe ibv_get_device_guid(device)
    node = Device.node(characterDevice)
  }
}
