internal import CLinux

/// The stack that a program of this package runs on.
package enum MainStack {
  /// Runs `body`, which ends the process, with a stack of 8 MiB even where `ulimit -s` allows less: Swift's runtime and
  /// a command line's parser take more than the 16 KiB that a limit may leave.
  package static func run(_ body: @convention(c) () -> Void) -> Never {
    clinux_run_with_stack(body)
  }
}
