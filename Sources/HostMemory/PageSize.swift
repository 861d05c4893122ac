import Glibc

/// The kernel's base page, the unit in which pinned memory is charged.
public enum BasePage {
  /// Bytes of one base page (`sysconf(_SC_PAGESIZE)`), 4096 on x86-64.
  public static let size = sysconf(Int32(_SC_PAGESIZE))
}
