import Glibc

extension Device {
  /// The kernel driver, from /sys: the PCI driver's name, or "rxe" for soft-RoCE; `nil` where /sys does not tell.
  public var driver: String? { Device.driver(of: name) }

  /// The kernel driver of the device of this name.
  public static func driver(of name: String) -> String? {
    let directory = "/sys/class/infiniband/\(name)"
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("\(directory)/device/driver", &target, target.count - 1)
    if length > 0 {
      let path = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return path.split(separator: "/").last.map(String.init)
    }
    // Only rxe has this attribute, which names its netdev.
    return unsafe access("\(directory)/parent", F_OK) == 0 ? "rxe" : nil
  }
}
