import ArgumentParser
import Glibc
import LinuxSystem

/// The part of a command that registers memory only to learn what happens, in a child: if memory runs out in spite of
/// all care, the child is what the OOM killer takes.
enum ChildTrial {
  /// Runs `work`, its output included; throws the exit status unless it is 0. Only for a process with one thread.
  static func run(_ work: @escaping () throws -> Void) throws {
    switch try ForkedWork.run({ StandardOutput.finish(status(of: work)) }) {
    case .exited(0): return
    case .exited(let status): throw ExitCode(status)
    case .killed(SIGPIPE): throw ExitCode(ExitStatus.brokenPipe.rawValue)
    case .killed(let signal):
      let cause = signal == SIGKILL ? ", most likely by the OOM killer; nothing stays pinned" : ""
      throw CommandFailure("the trial was killed by signal \(signal)\(cause)", status: .refused)
    }
  }

  private static func status(of work: () throws -> Void) -> Int32 {
    do {
      try work()
      return 0
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      return CommandFailure(wrapping: error).report().rawValue
    }
  }
}
