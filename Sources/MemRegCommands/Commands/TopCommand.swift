import ArgumentParser
import Glibc

/// `memreg top`: shows who has pinned what, over and over.
struct TopCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show which processes have pinned how much memory.",
    discussion: """
      A row per process that has pinned memory or registered regions, with its limit (in brackets \
      where CAP_IPC_LOCK lifts it) and headroom. The residual is what is pinned beyond the lengths of \
      its regions: io_uring, vdpa and others charge the same account. Pins without a process are \
      those of ended processes, of direct I/O under way, of vfio and the like. Needs no privilege; \
      root sees the limits of others too.
      """
  )

  @Flag(help: "Print one sample and end.")
  var once = false

  @Flag(name: [.customShort("j"), .long], help: "Print one JSON document per sample, on a line.")
  var json = false

  @Option(help: ArgumentHelp("Seconds between samples.", valueName: "seconds"))
  var interval = 1.0

  @Option(help: "Sort by this: \(TopOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
  var sort = TopOrder.pinned

  @Option(
    help: ArgumentHelp("Only processes of this name, user or id.", valueName: "text")
  )
  var filter: String?

  func validate() throws {
    guard interval >= 0.01, interval <= 86_400 else {
      throw ValidationError("--interval takes 0.01 to 86400 seconds")
    }
  }

  func execute() throws {
    Interruption.watch()
    var previous: TopSample?
    repeat {
      let sample = try TopSample.take(after: previous)
      try show(sample.arranged(by: sort, matching: filter))
      previous = sample
      if !once { pause() }
    } while !once && !Interruption.isRequested
    if Interruption.isRequested { throw ExitCode(ExitStatus.interrupted.rawValue) }
  }

  private func show(_ sample: TopSample) throws {
    guard !json else { return StandardOutput.write(try JSONDocument.line(sample)) }
    guard !once, StandardOutput.isTerminal else { return StandardOutput.write(sample.text + "\n") }
    // Overwritten in place and cut to the window: clearing first would flicker.
    var size = winsize()
    _ = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
    // A terminal that does not know its size says zero.
    let rows = size.ws_row > 1 ? Int(size.ws_row) : 24
    let columns = size.ws_col > 0 ? Int(size.ws_col) : 80
    let lines = sample.text.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix(rows - 1).map { $0.prefix(columns) + "\u{1b}[K" }
    StandardOutput.write("\u{1b}[H" + lines.joined(separator: "\n") + "\u{1b}[J")
  }

  /// Sleeps for the interval, or until a signal comes.
  private func pause() {
    let whole = interval.rounded(.down)
    var time = timespec(tv_sec: Int(whole), tv_nsec: Int((interval - whole) * 1e9))
    _ = unsafe nanosleep(&time, nil)
  }
}
