internal import CFixtures
import Fixtures
import Glibc
public import LinuxSystem

/// Cells in processes of their own, so that no cell sees what another left behind.
public final class CoherenceRun {
  private let device: String
  private let timeLimitSeconds: Int64
  /// Where the files of all cells are, made when the first one needs it.
  private var fileSystem: ScratchFileSystem?

  /// Stages cells on `device`; each process is killed after `timeLimitSeconds`.
  public init(device: String, timeLimitSeconds: Int64 = 180) {
    self.device = device
    self.timeLimitSeconds = timeLimitSeconds
  }

  /// Runs one cell in a fork of this process, which must have one thread; one that ends without a result is an error.
  ///
  /// `nil` where it was interrupted, with the cell's process killed.
  public func run(
    _ cell: CoherenceCell,
    isInterrupted: () -> Bool = { false }
  ) throws(SystemError) -> CoherenceResult? {
    if let reason = cell.notApplicable {
      var result = CoherenceResult(cell, .notApplicable)
      result.reason = reason
      return result
    }
    if cell.memory == .file, fileSystem == nil {
      do {
        fileSystem = try ScratchFileSystem()
      } catch {
        return CoherenceResult(cell, skipped: (error as? Skip)?.reason ?? "\(error)")
      }
    }
    let (output, ending) = try collect(cell, isInterrupted)
    if isInterrupted() { return nil }
    if let result = CoherenceResult(cell, wire: output) { return result }
    var result = CoherenceResult(cell, .error(ending))
    let said = output.split(separator: "\n").suffix(3).joined(separator: " | ")
    result.reason = said.isEmpty ? "the process of the cell ended without a result" : said
    return result
  }

  private func collect(
    _ cell: CoherenceCell,
    _ isInterrupted: () -> Bool
  ) throws(SystemError) -> (String, String) {
    var ends: [Int32] = [-1, -1]
    let (made, code) = unsafe (pipe(&ends), Errno.current)
    guard made == 0 else { throw SystemError("make a pipe", code: code) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let task = ForkedTask { [device, fileSystem] in
      var experiment = CoherenceExperiment(cell, device: device, fileSystem: fileSystem)
      OutputLine.write(experiment.run().wire, to: STDOUT_FILENO)
      // What the cell has done to its memory is for nobody to undo.
      _exit(0)
    }
    let pid: Int32
    do throws(SystemError) {
      pid = try task.fork(output: ends[1])
      close(ends[1])
    } catch {
      close(ends[1])
      throw error
    }
    let (text, isLate) = read(from: ends[0], isInterrupted)
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    var bySignal: Int32 = 0
    _ = unsafe fixtures_wait(pid, &status, &bySignal)
    return (
      text,
      isLate
        ? "no end after \(timeLimitSeconds) s"
        : bySignal != 0 ? "signal \(status)" : "exit \(status)"
    )
  }

  /// Reads until every writer is gone, or the time is over.
  private func read(from descriptor: Int32, _ isInterrupted: () -> Bool) -> (String, Bool) {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    let deadline = ContinuousClock.now + .seconds(timeLimitSeconds)
    while ContinuousClock.now < deadline, !isInterrupted() {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&ready, 1, 200) > 0 else { continue }
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return (String(decoding: text, as: UTF8.self), false) }
      text.append(contentsOf: chunk[..<count])
    }
    return (String(decoding: text, as: UTF8.self), true)
  }
}
