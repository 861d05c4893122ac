internal import CLinux

/// Work in a forked child that the OOM killer takes before any other process.
package final class ForkedWork {
  /// How the child ended.
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(Int32)
  }

  private let body: () -> Int32

  private init(_ body: @escaping () -> Int32) { self.body = body }

  /// Runs `body`, whose value is the exit status, and waits; signals sent to this process reach the child as well.
  ///
  /// Only for a process with one thread. Throws EAGAIN or ENOMEM if `fork(2)` fails.
  package static func run(_ body: @escaping () -> Int32) throws(SystemError) -> Ending {
    let work = ForkedWork(body)
    var status: Int32 = 0
    var bySignal: Int32 = 0
    let code = unsafe clinux_run_in_child(
      { raw in
        guard let raw = unsafe raw else { return 127 }
        return unsafe Unmanaged<ForkedWork>.fromOpaque(raw).takeUnretainedValue().body()
      },
      Unmanaged.passUnretained(work).toOpaque(),
      &status,
      &bySignal
    )
    withExtendedLifetime(work) {}
    try SystemError.check("run a trial in a child", code)
    return bySignal == 0 ? .exited(status) : .killed(status)
  }
}
