internal import CLinux
import Glibc

/// What takes the place of a device's descriptors: a terminal that has hung up, on which every call says EIO.
enum DeadDescriptor {
  /// Replaces `descriptors`, whose numbers stay taken, as threads may be about to use them; 0 or an errno.
  ///
  /// Calls `beforehand` once nothing stands in the way any more.
  static func replace(_ descriptors: [Int32], beforehand: () -> Void = {}) -> Int32 {
    var dead: Int32 = -1
    let code = unsafe clinux_dead_descriptor(&dead)
    guard code == 0 else { return code }
    defer { close(dead) }
    beforehand()
    for descriptor in descriptors {
      let code = clinux_replace_descriptor(descriptor, dead)
      guard code == 0 else { return code }
    }
    return 0
  }
}
