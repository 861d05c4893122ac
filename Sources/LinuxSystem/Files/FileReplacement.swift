internal import CLinux

/// Whether `rename(2)` would put a file in the place of another one.
package enum FileReplacement {
  /// Why nothing can be put in the place of `path`, which is no directory, in `directory`: EBUSY where it is mounted,
  /// EPERM where it may be neither changed nor removed; `nil` where it can, or nothing is there.
  package static func refusal(of path: String, in directory: String) -> Errno? {
    Errno(status: unsafe clinux_check_replaceable(path, directory))
  }
}
