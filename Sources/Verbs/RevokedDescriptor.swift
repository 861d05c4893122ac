internal import CLinux
import Glibc
import LinuxSystem

/// What takes the place of a device's descriptors: a terminal that has hung up, on which every call says EIO.
enum RevokedDescriptor {
  /// Replaces `descriptors`, whose numbers stay taken, as threads may be about to use them; what failed.
  ///
  /// Calls `beforehand` once nothing stands in the way any more.
  static func replace(_ descriptors: [Int32], beforehand: () -> Void = {}) -> VerbsError? {
    var revoked: Int32 = -1
    if let code = Errno(status: unsafe clinux_revoked_descriptor(&revoked)) {
      return VerbsError("open", code: code)
    }
    defer { close(revoked) }
    beforehand()
    for descriptor in descriptors {
      if let code = Errno(status: clinux_replace_descriptor(descriptor, revoked)) {
        return VerbsError("dup3", code: code)
      }
    }
    return nil
  }
}
