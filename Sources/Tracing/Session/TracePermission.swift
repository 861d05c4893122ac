import LinuxSystem

/// Why tracing is not possible here, with the way on.
enum TracePermission {
  static func explain(_ error: SystemError) -> SystemError {
    SystemError(error.action, code: error.code, remedy: remedy(for: error))
  }

  private static func remedy(for error: SystemError) -> String? {
    switch error.code {
    case .EPERM:
      if TextFile.firstLine("/sys/kernel/security/lockdown")?.contains("[confidentiality]") == true
      {
        return
          "lockdown=confidentiality forbids it: boot with lockdown=integrity or without Secure Boot"
      }
      return
        "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN; in a container, outside of it or privileged"
    case .ENOENT:
      return "the kernel does not describe its types: it needs CONFIG_DEBUG_INFO_BTF"
    default: return nil
    }
  }
}
