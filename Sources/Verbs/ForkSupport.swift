internal import CVerbs

/// How libibverbs keeps registered memory whole over `fork(2)` (`ibv_is_fork_initialized`).
public enum ForkSupport: String, Sendable {
  /// Not at all: `ibv_fork_init` was not called, and the kernel does not copy at fork.
  case disabled
  /// By `MADV_DONTFORK` on every registered range.
  case enabled
  /// The kernel copies pinned pages for the child (5.12 and later).
  case unneeded

  /// The state of this process; known after a device has been opened.
  public static var current: ForkSupport {
    switch ibv_is_fork_initialized() {
    case IBV_FORK_UNNEEDED: .unneeded
    case IBV_FORK_ENABLED: .enabled
    default: .disabled
    }
  }
}
