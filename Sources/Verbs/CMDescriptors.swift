internal import CVerbs
import Glibc
internal import LinuxSystem

/// The device files that librdmacm opens for connections by address, and keeps to the end of the process.
///
/// They hold the device as a context does. One lock around what may open or close some, so that no number is replaced
/// that has become another file's.
enum CMDescriptors {
  private struct Entry {
    let command: Int32
    let events: Int32
    let node: DeviceNode
  }

  private static let lock = ProcessLock()
  nonisolated(unsafe) private static var entries: [Entry] = []

  /// Calls `body`, which may open or close devices in librdmacm.
  static func guarding<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }

  /// Remembers the files of a context that librdmacm has opened; call within `guarding`.
  static func note(_ context: UnsafeMutablePointer<ibv_context>?) {
    guard let context = unsafe context, let node = unsafe DeviceNode(context.pointee.cmd_fd),
      unsafe !entries.contains(where: { $0.node == node })
    else { return }
    let entry = unsafe Entry(
      command: context.pointee.cmd_fd,
      events: context.pointee.async_fd,
      node: node
    )
    unsafe entries.append(entry)
  }

  /// Revokes the descriptors of devices that are being removed; the first failure.
  static func revokeGone() -> VerbsError? {
    guarding {
      var first: VerbsError?
      unsafe entries.removeAll { entry in
        // librdmacm has closed it by itself where the number is no more, or another file's.
        guard DeviceNode(entry.command) == entry.node else { return true }
        guard entry.node.isGone else { return false }
        let failure = RevokedDescriptor.replace([entry.command, entry.events])
        first = first ?? failure
        return failure == nil
      }
      return first
    }
  }
}

/// A device's file under /dev/infiniband, as a descriptor of it shows it.
struct DeviceNode: Equatable {
  private let inode: UInt64
  private let number: UInt64
  private let descriptor: Int32

  init?(_ descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    number = UInt64(status.st_rdev)
    self.descriptor = descriptor
  }

  /// Whether the file is the device's no more, which is so as soon as a removal has begun.
  var isGone: Bool {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    if status.st_nlink == 0 { return true }
    // A file of another file system, as containers have them, outlives the device.
    let major = (number >> 8) & 0xfff | (number >> 32) & ~0xfff
    let minor = number & 0xff | (number >> 12) & ~0xff
    return unsafe access("/sys/dev/char/\(major):\(minor)", F_OK) != 0
      && access("/sys/dev/char", F_OK) == 0
  }
}
