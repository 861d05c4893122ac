import Glibc
package import LinuxSystem

/// Files of the kernel that act when they are written.
package enum KernelSwitch {
  /// Writes `text`; throws the errno of `open(2)` or `write(2)`.
  package static func write(_ text: String, to path: String) throws(SystemError) {
    let descriptor = try SystemError.check(
      "open \(path)",
      result: unsafe open(path, O_WRONLY | O_CLOEXEC)
    )
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    _ = try SystemError.check(
      "write \(text) to \(path)",
      result: unsafe Glibc.write(descriptor, bytes, bytes.count)
    )
  }
}
