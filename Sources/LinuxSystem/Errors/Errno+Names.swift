// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

import Glibc

/// Those that the package names, as `errno(3)` spells them.
extension Errno {
  public static var EACCES: Errno { Errno(rawValue: Glibc.EACCES) }
  public static var EADDRNOTAVAIL: Errno { Errno(rawValue: Glibc.EADDRNOTAVAIL) }
  public static var EAGAIN: Errno { Errno(rawValue: Glibc.EAGAIN) }
  public static var EBADF: Errno { Errno(rawValue: Glibc.EBADF) }
  public static var EBUSY: Errno { Errno(rawValue: Glibc.EBUSY) }
  public static var ECHILD: Errno { Errno(rawValue: Glibc.ECHILD) }
  public static var ECANCELED: Errno { Errno(rawValue: Glibc.ECANCELED) }
  public static var ECONNREFUSED: Errno { Errno(rawValue: Glibc.ECONNREFUSED) }
  public static var ECONNRESET: Errno { Errno(rawValue: Glibc.ECONNRESET) }
  public static var EDEADLK: Errno { Errno(rawValue: Glibc.EDEADLK) }
  public static var EEXIST: Errno { Errno(rawValue: Glibc.EEXIST) }
  public static var EFAULT: Errno { Errno(rawValue: Glibc.EFAULT) }
  public static var EFBIG: Errno { Errno(rawValue: Glibc.EFBIG) }
  public static var EHOSTUNREACH: Errno { Errno(rawValue: Glibc.EHOSTUNREACH) }
  public static var EINTR: Errno { Errno(rawValue: Glibc.EINTR) }
  public static var EINVAL: Errno { Errno(rawValue: Glibc.EINVAL) }
  public static var EIO: Errno { Errno(rawValue: Glibc.EIO) }
  public static var EISDIR: Errno { Errno(rawValue: Glibc.EISDIR) }
  public static var ELOOP: Errno { Errno(rawValue: Glibc.ELOOP) }
  public static var EMFILE: Errno { Errno(rawValue: Glibc.EMFILE) }
  public static var ENFILE: Errno { Errno(rawValue: Glibc.ENFILE) }
  public static var ENODEV: Errno { Errno(rawValue: Glibc.ENODEV) }
  public static var ENOENT: Errno { Errno(rawValue: Glibc.ENOENT) }
  public static var ENOMEM: Errno { Errno(rawValue: Glibc.ENOMEM) }
  public static var ENOSPC: Errno { Errno(rawValue: Glibc.ENOSPC) }
  public static var ENOSYS: Errno { Errno(rawValue: Glibc.ENOSYS) }
  public static var ENXIO: Errno { Errno(rawValue: Glibc.ENXIO) }
  /// The kernel's own (`include/linux/errno.h`), which drivers return all the same.
  public static var ENOTSUPP: Errno { Errno(rawValue: 524) }
  public static var EOPNOTSUPP: Errno { Errno(rawValue: Glibc.EOPNOTSUPP) }
  public static var EPERM: Errno { Errno(rawValue: Glibc.EPERM) }
  public static var EPIPE: Errno { Errno(rawValue: Glibc.EPIPE) }
  public static var EPROTO: Errno { Errno(rawValue: Glibc.EPROTO) }
  public static var EPROTONOSUPPORT: Errno { Errno(rawValue: Glibc.EPROTONOSUPPORT) }
  public static var ERANGE: Errno { Errno(rawValue: Glibc.ERANGE) }
  public static var ETIMEDOUT: Errno { Errno(rawValue: Glibc.ETIMEDOUT) }
}
