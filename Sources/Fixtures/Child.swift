internal import CFixtures
import Glibc
package import LinuxSystem

/// A process forked off a check, with a pipe each way; killed if it is still there at the end.
///
/// Only for checks without threads of their own at that moment.
package final class Child {
  /// How a process ended.
  package enum Ending: Equatable {
    case exited(Int32)
    case killed(Int32)
  }

  /// One end of the talk between a check and its child: 64-bit numbers in order.
  package final class Pipe {
    private let input: Int32
    private let output: Int32

    init(input: Int32, output: Int32) {
      self.input = input
      self.output = output
    }

    package func send(_ value: Int) throws(SystemError) {
      var word = Int64(value)
      let (count, code) = unsafe (write(output, &word, 8), Errno.current)
      guard count == 8 else { throw SystemError("tell the other process", code: code) }
    }

    package func send(_ failure: Errno?) throws(SystemError) { try send(Int(failure.status)) }

    package func receive() throws(SystemError) -> Int {
      var word: Int64 = 0
      let (count, code) = unsafe (read(input, &word, 8), Errno.current)
      guard count == 8 else {
        throw SystemError("hear from the other process", code: count == 0 ? .EPIPE : code)
      }
      return Int(word)
    }

    /// Receives the errno that was sent, `nil` for success.
    package func receiveFailure() throws(SystemError) -> Errno? {
      Errno(status: Int32(truncatingIfNeeded: try receive()))
    }

    /// Whether the other process has said something, or ended, before `milliseconds` are over.
    func isReady(within milliseconds: Int32) -> Bool {
      var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      return unsafe poll(&descriptor, 1, milliseconds) > 0
    }

    deinit {
      close(input)
      close(output)
    }
  }

  package let pid: Int32
  package let pipe: Pipe
  private var isReaped = false

  /// Forks a child that runs `body` and exits with 0, or 1 where it throws.
  package init(_ body: @escaping (Pipe) throws -> Void) throws(SystemError) {
    let down = try Child.makePipe()
    let up = try Child.makePipe()
    let ends = [down.write, up.read]
    let task = ForkedTask {
      for descriptor in ends { close(descriptor) }
      try body(Pipe(input: down.read, output: up.write))
    }
    defer {
      close(down.read)
      close(up.write)
    }
    pipe = Pipe(input: up.read, output: down.write)
    pid = try task.fork()
  }

  /// Waits for the end of the process.
  package func wait() throws(SystemError) -> Ending {
    var status: Int32 = 0
    var bySignal: Int32 = 0
    let code = unsafe fixtures_wait(pid, &status, &bySignal)
    try SystemError.check("wait for a child", code)
    isReaped = true
    return bySignal != 0 ? .killed(status) : .exited(status)
  }

  /// Sends SIGKILL and waits.
  package func kill() throws(SystemError) -> Ending {
    Glibc.kill(pid, SIGKILL)
    return try wait()
  }

  private static func makePipe() throws(SystemError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (Glibc.pipe(&ends), Errno.current)
    guard result == 0 else { throw SystemError("make a pipe", code: code) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  deinit {
    if !isReaped { _ = try? kill() }
  }
}
