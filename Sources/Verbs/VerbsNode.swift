import Glibc
public import LinuxSystem

/// A verbs device as the kernel lists it, and whether this process can open its file.
///
/// libibverbs leaves out or fails to open what has no usable file, and overwrites the errno by that of its fallback.
public struct VerbsNode: Equatable, Sendable {
  /// The device's name.
  public let device: String
  /// The file below /dev/infiniband.
  public let path: String
  /// Why it cannot be opened; `nil` if it can.
  public let refusal: Errno?

  /// Every device in /sys/class/infiniband_verbs.
  public static func all() -> [VerbsNode] {
    let directory = "/sys/class/infiniband_verbs"
    return Directory.names(in: directory).filter { $0.hasPrefix("uverbs") }.sorted()
      .compactMap { name in
        TextFile.firstLine("\(directory)/\(name)/ibdev")
          .map { VerbsNode($0, path: "/dev/infiniband/\(name)") }
      }
  }

  /// Why the file of this device cannot be opened; `nil` if it can, or if the kernel has no such device.
  static func refusal(of device: String) -> Errno? {
    all().first { $0.device == device }?.refusal
  }

  private init(_ device: String, path: String) {
    self.device = device
    self.path = path
    let (descriptor, code) = unsafe (open(path, O_RDWR | O_CLOEXEC), Errno.current)
    if descriptor >= 0 { close(descriptor) }
    refusal = descriptor >= 0 ? nil : code
  }

  /// Why the device cannot be used and what helps; `nil` if its file can be opened.
  public var problem: (reason: String, remedy: String)? {
    switch refusal {
    case nil: nil
    case .ENOENT:
      (
        "\(path) is missing: the kernel has the device, this container or chroot does not show it",
        "docker run --device=/dev/infiniband    # before the other options; on a host, `udevadm trigger` makes the file"
      )
    case .EACCES:
      ("\(path) may not be opened by this user", "chmod 666 \(path)    # as root")
    case .EPERM:
      (
        "\(path) may not be opened here: the device belongs to another network namespace, or the device list of this "
          + "container leaves it out",
        "rdma dev set \(device) netns /proc/$$/ns/net    # as root, in the namespace that has the device; or start the "
          + "container with --device=/dev/infiniband"
      )
    case let code?: ("\(path) cannot be opened: \(code)", "look at dmesg for lines of the driver")
    }
  }
}
