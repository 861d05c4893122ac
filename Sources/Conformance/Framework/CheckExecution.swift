internal import CFixtures
import Fixtures
import Glibc
import LinuxSystem

/// One check's process while it runs: its output and its deadline. Killed with all its children when let go.
final class CheckExecution {
  private let check: Check
  private let pid: Int32
  private let output: Int32
  private let start = MonotonicClock.now
  private var text: [UInt8] = []
  private var isReaped = false

  init(_ check: Check, setup: CheckRunner.Setup, alone: Bool) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (pipe(&ends), Errno.current)
    guard result == 0 else { throw SystemError("make a pipe", code: code) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    let task = ForkedTask {
      let result = CheckProcess.run(check, setup: setup, alone: alone)
      OutputLine.write(result.wire, to: STDOUT_FILENO)
    }
    do throws(SystemError) {
      pid = try task.fork(output: ends[1])
    } catch {
      close(ends[0])
      throw error
    }
    self.check = check
    output = ends[0]
    _ = fcntl(output, F_SETFL, O_NONBLOCK)
  }

  /// Sleeps until one of the processes says something or ends.
  static func await(_ running: [CheckExecution], milliseconds: Int32) {
    var descriptors = running.map { pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0) }
    _ = unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds)
  }

  /// Reads what there is; the result once the process has ended or run out of time.
  func advance() throws(SystemError) -> CheckResult? {
    let elapsed = MonotonicClock.now - start
    if elapsed > UInt64(check.timeLimitSeconds) * 1_000_000_000 {
      _ = try stop()
      return finished(
        CheckResult(check.name, .failed(mismatch("no end after \(check.timeLimitSeconds) s")))
      )
    }
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let (count, code) = unsafe (read(output, &chunk, chunk.count), Errno.current)
      if count > 0 {
        text.append(contentsOf: chunk[..<count])
      } else if count == 0 {
        break
      } else if code == .EAGAIN {
        return nil
      } else if code != .EINTR {
        throw SystemError("read a check's verdict", code: code)
      }
    }
    let ending = try reap()
    let output = String(decoding: text, as: UTF8.self)
    if ending == .exited(0), let result = CheckResult(wire: output) { return finished(result) }
    let said = output.split(separator: "\n").suffix(4).joined(separator: " | ")
    let observed: String =
      switch ending {
      case .exited(let status): "exit status \(status)"
      case .killed(let signal): "killed by signal \(signal)"
      }
    return finished(
      CheckResult(check.name, .failed(mismatch(said.isEmpty ? observed : "\(observed): \(said)")))
    )
  }

  private func finished(_ result: CheckResult) -> CheckResult {
    var result = result
    result.elapsedNanoseconds = MonotonicClock.now - start
    return result
  }

  private func mismatch(_ observed: String) -> Mismatch {
    Mismatch("the check's process", expected: "a verdict", observed: observed)
  }

  private func stop() throws(SystemError) -> Child.Ending {
    kill(-pid, SIGKILL)
    return try reap()
  }

  private func reap() throws(SystemError) -> Child.Ending {
    var status: Int32 = 0
    var bySignal: Int32 = 0
    let code = unsafe fixtures_wait(pid, &status, &bySignal)
    try SystemError.check("wait for a check", code)
    isReaped = true
    kill(-pid, SIGKILL)
    return bySignal != 0 ? .killed(status) : .exited(status)
  }

  deinit {
    if !isReaped { _ = try? stop() }
    close(output)
  }
}
