import Glibc

/// Names of errno values as the manual pages spell them.
public enum ErrnoName {
  /// "Cannot allocate memory (ENOMEM)"; an errno without a known name shows its number.
  public static func describe(_ code: Int32) -> String {
    let text = unsafe String(cString: strerror(code))
    return "\(text) (\(symbol(code)))"
  }

  /// "success" for 0, else the errno's name.
  package static func outcome(_ code: Int32) -> String { code == 0 ? "success" : symbol(code) }

  /// The symbolic name, "ENOMEM"; "errno N" where it has none here.
  public static func symbol(_ code: Int32) -> String {
    names[code] ?? "errno \(code)"
  }

  /// The number of a name such as "ENOMEM", or `nil`.
  public static func code(_ name: String) -> Int32? {
    names.first { $0.value == name.uppercased() }?.key
  }

  private static let names: [Int32: String] = [
    EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EINTR: "EINTR", EIO: "EIO",
    ENXIO: "ENXIO", E2BIG: "E2BIG", EBADF: "EBADF", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM",
    EACCES: "EACCES", EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST", EXDEV: "EXDEV",
    ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE",
    EMFILE: "EMFILE", ENOTTY: "ENOTTY", ETXTBSY: "ETXTBSY", EFBIG: "EFBIG", ENOSPC: "ENOSPC",
    EROFS: "EROFS", EPIPE: "EPIPE", ERANGE: "ERANGE", ENOSYS: "ENOSYS",
    ENAMETOOLONG: "ENAMETOOLONG",
    ELOOP: "ELOOP", EOVERFLOW: "EOVERFLOW", EPROTO: "EPROTO", EOPNOTSUPP: "EOPNOTSUPP",
    ETIMEDOUT: "ETIMEDOUT", ECANCELED: "ECANCELED", EPROTONOSUPPORT: "EPROTONOSUPPORT",
    EAFNOSUPPORT: "EAFNOSUPPORT", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL",
    ENETDOWN: "ENETDOWN", ENETUNREACH: "ENETUNREACH", ECONNREFUSED: "ECONNREFUSED",
    ECONNRESET: "ECONNRESET", EHOSTUNREACH: "EHOSTUNREACH", EALREADY: "EALREADY",
    EDQUOT: "EDQUOT", EHWPOISON: "EHWPOISON", EOWNERDEAD: "EOWNERDEAD",
  ]
}
