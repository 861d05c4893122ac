import ArgumentParser
import Documents
import LinuxSystem
import Report
import Tracing

/// A trace from its begin to its end.
struct TraceRun: ~Copyable {
  private let command: TraceCommand
  private let form: TraceCommand.Form
  private let session: TraceSession
  private let output: TraceOutput
  private let start = MonotonicClock.now
  private var regions = TracedRegions()
  private var summary = TraceSummary()
  /// From then on records are only counted: calls may come faster than they are read, and whoever waits for the end of
  /// the trace does not wait for those.
  private var lastTime = UInt64.max
  private var unreadCalls: UInt64 = 0

  /// Between two looks for records, in seconds: what comes meanwhile waits in the kernel.
  private static let interval = 0.05
  /// For how long records are read after the end, in nanoseconds.
  private static let timeout: UInt64 = 500_000_000

  init(
    _ command: TraceCommand,
    _ form: TraceCommand.Form,
    _ session: consuming TraceSession,
    _ place: OutputPlace?
  ) throws {
    self.command = command
    self.form = form
    self.session = session
    output = try TraceOutput(place)
    if command.command.isEmpty, let duration = command.duration {
      lastTime = start + UInt64(duration * 1e9) + TraceRun.timeout
    }
  }

  /// Traces until the program, the time or a signal ends it.
  mutating func run() throws {
    var status: Int32?
    if form == .summary, command.command.isEmpty, let screen = LiveScreen() {
      Interruption.watch()
      try showLive(on: screen)
    } else if command.command.isEmpty {
      Interruption.watch()
      try begin()
      while !isOver {
        try takeRecords()
        Interruption.pause(seconds: TraceRun.interval)
      }
    } else {
      try begin()
      let program = try ForegroundProgram(command.command)
      while status == nil {
        Interruption.pause(seconds: TraceRun.interval)
        status = try program.statusIfEnded()
        try takeRecords()
      }
    }
    try takeRecords()
    try finish()
    if let status, status != 0 { throw ExitCode(status) }
  }

  private var isOver: Bool {
    Interruption.isRequested
      || command.duration.map { Double(MonotonicClock.now - start) >= $0 * 1e9 } ?? false
  }

  private mutating func showLive(on screen: borrowing LiveScreen) throws {
    var picture = (summary: summary, time: start)
    var isEnded = false
    while !isOver && !isEnded {
      try takeRecords()
      let now = MonotonicClock.now
      let age = now - picture.time
      if age >= 1_000_000_000 || picture.time == start {
        let text = summary.text(seconds: Double(max(age, 1)) / 1e9, since: picture.summary)
        screen.draw("\(caption)  q quit\n\n\(text)")
        picture = (summary, now)
      }
      isEnded = screen.keys(within: UInt64(TraceRun.interval * 1e9)).contains("q")
    }
  }

  private func begin() throws {
    guard command.json else { return }
    try output.write(
      StyledText(try TraceFile.header(command: command.command.joined(separator: " ")))
    )
  }

  private mutating func takeRecords() throws {
    var lines: StyledText = ""
    let (form, isJSON, start) = (form, command.json, start)
    var failure: (any Error)?
    session.takeRecords { record in
      if Interruption.isRequested {
        lastTime = min(lastTime, MonotonicClock.now + TraceRun.timeout)
      }
      guard MonotonicClock.now <= lastTime else { return unreadCalls += 1 }
      let call = regions.call(record)
      summary.add(call)
      guard form == .lines else { return }
      guard isJSON else {
        return lines += StyledText(call.line(since: start), record.failure == nil ? nil : .bad)
      }
      do { lines += StyledText(try JSONDocument.entry(call.event)) } catch { failure = error }
    }
    if let failure { throw failure }
    if !lines.parts.isEmpty { try output.write(lines) }
  }

  private func finish() throws {
    let seconds = Double(MonotonicClock.now - start) / 1e9
    switch form {
    case .summary: try output.write(StyledText(summary.text(seconds: seconds)))
    case .histogram:
      try output.write(
        StyledText(TraceHistogram(session).text + summary.failureText)
      )
    case .lines: break
    }
    StandardError.message(caption)
  }

  /// "120 calls in 3.2 s, 2 of them failed", and what was lost.
  private var caption: String {
    let seconds = FixedPoint.text(Double(MonotonicClock.now - start) / 1e9, decimals: 1)
    var losses = session.losses
    losses.calls += unreadCalls
    let counted = form == .histogram ? TraceHistogram(session).calls : 0
    return "\(UInt64(summary.calls) + counted) calls in \(seconds) s, \(summary.failed) failed"
      + losses.text
  }
}
