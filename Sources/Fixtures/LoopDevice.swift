internal import CFixtures
import Glibc
import LinuxSystem

/// A block device over a file; the kernel takes it away when nothing uses it any more.
final class LoopDevice {
  let path: String
  private let descriptor: Int32

  /// Attaches a device to `file`; skips if none is available.
  init(over file: OpenFile) throws {
    var name = [CChar](repeating: 0, count: 32)
    var device: Int32 = -1
    var code = unsafe fixtures_loop_attach(file.descriptor, &name, &device)
    if code == ENOENT {
      // As opening the device node would do, where something had made the node.
      try Program.load(module: "loop")
      code = unsafe fixtures_loop_attach(file.descriptor, &name, &device)
    }
    if let code = Errno(status: code) { throw Skip("no loop device: \(code.name)") }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    descriptor = device
  }

  deinit { close(descriptor) }
}
