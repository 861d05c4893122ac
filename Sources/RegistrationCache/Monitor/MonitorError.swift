import Glibc
public import LinuxSystem

/// Why the address space cannot be watched.
public enum MonitorError: Error, Equatable, Sendable {
  /// userfaultfd is unavailable; the errno of `userfaultfd(2)` or of UFFDIO_API.
  case unavailable(Errno)
  /// The monitor's thread could not be started.
  case thread(Errno)
  /// The descriptor was closed under the monitor, so that changes may have passed unseen.
  case lost
  /// A mapping could not be registered; the errno of UFFDIO_REGISTER.
  case refused(Errno)
  /// The calls of the C library that unmap could not be hooked: ENOTSUP where they are not known.
  case unhooked(Errno)
  /// The call waits for callbacks and was made from one.
  case wouldDeadlock
}

extension MonitorError: CustomStringConvertible {
  /// One line with the errno and, where one is known, a remedy.
  public var description: String {
    switch self {
    case .unavailable(let code):
      "cannot watch the address space: userfaultfd: \(code); "
        + Self.remedy(for: code)
    case .thread(let code):
      "cannot watch the address space: pthread_create: \(code)"
    case .lost:
      "the address space is watched no longer: the userfaultfd was closed by another part of the process"
    case .refused(let code):
      "cannot watch a mapping: UFFDIO_REGISTER: \(code)"
    case .unhooked(let code):
      "cannot hook the C library's calls that unmap: \(code)"
    case .wouldDeadlock:
      "cannot wait for memory callbacks from inside one"
    }
  }

  private static func remedy(for code: Errno) -> String {
    switch code {
    case .EPERM: "a seccomp profile forbids it: allow userfaultfd(2) in the container's profile"
    case .ENOSYS: "this kernel is built without CONFIG_USERFAULTFD, or seccomp hides it"
    case .EMFILE, .ENFILE: "raise the limit of open files"
    case .EINVAL:
      "the kernel lacks user-mode-only userfaultfd with write-protect mode (5.11 has both)"
    default: "see userfaultfd(2)"
    }
  }
}
