#if !arch(x86_64)
  import Glibc
#endif

/// The kernel's base page, the unit in which pinned memory is charged.
public enum BasePage {
  #if arch(x86_64)
    /// Bytes of one base page: the architecture has only this one.
    @inlinable public static var size: Int { 4096 }
  #else
    /// Bytes of one base page (`sysconf(_SC_PAGESIZE)`).
    public static let size = sysconf(Int32(_SC_PAGESIZE))
  #endif
}
