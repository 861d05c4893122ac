import ArgumentParser
import Documents
import LinuxSystem

/// `memreg top`: shows who has pinned what, over and over.
struct TopCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show which processes have pinned how much memory.",
    discussion: """
      A row per process that has pinned memory or registered regions, with its Slurm job, Pod and \
      container by the names of its control groups, its limit (in brackets where CAP_IPC_LOCK lifts \
      it) and headroom, marked by ! below a tenth of the limit. The residual is what is pinned beyond \
      the lengths of its regions: io_uring, vdpa and others charge the same account. Pins without a \
      process are those of ended processes, of direct I/O under way, of vfio and the like. Needs no \
      privilege; root sees the limits of others too.

      On a terminal, keys sort (p pinned, h headroom, m mrs, r rate, i pid), b changes the tree, / \
      begins a filter that applies while it is typed, that Return keeps and Escape drops, ? shows the \
      keys, and q ends.

      Where the terminal is too narrow, columns without a value are left out, then cgroup, locked, \
      residual, rate, mr bytes, limit, devices, user, container, command, mrs, job and headroom.
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
    help:
      "Put processes under this: \(TopGrouping.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var by = TopGrouping.process

  @Option(
    help: ArgumentHelp(
      "Only processes with this in name, user, arguments or control group, or as id, job or device.",
      valueName: "text"
    )
  )
  var filter: String?

  func validate() throws {
    guard interval >= 0.01, interval <= 86_400 else {
      throw ValidationError("--interval takes 0.01 to 86400 seconds")
    }
    guard !json || by == .process else {
      throw ValidationError(
        "--by is for the table; the JSON document has control_group, slurm_job, pod_uid, container and devices"
      )
    }
  }

  func execute() throws {
    Interruption.watch()
    if !once, !json, let screen = LiveScreen() {
      try showLive(on: screen)
    } else {
      try printSamples()
    }
    if Interruption.isRequested { throw ExitCode(ExitStatus.interrupted.rawValue) }
  }

  private func printSamples() throws {
    var previous: TopSample?
    repeat {
      let sample = try TopSample.take(after: previous)
      let shown = sample.arranged(by: sort, matching: filter)
      if json {
        StandardOutput.write(try JSONDocument.line(shown))
      } else {
        StandardOutput.write(shown.styled(by: by, in: sort) + "\n")
      }
      previous = sample
      if !once { Interruption.pause(seconds: interval) }
    } while !once && !Interruption.isRequested
  }

  private func showLive(on screen: borrowing LiveScreen) throws {
    var view = TopView(order: sort, grouping: by, filter: filter)
    var sample = try TopSample.take(after: nil)
    var next = MonotonicClock.now + UInt64(interval * 1e9)
    while !Interruption.isRequested && !view.isEnded {
      screen.draw(view.picture(of: sample, columns: Terminal.size.columns))
      let now = MonotonicClock.now
      if now < next {
        // A key, a new size of the window and a signal all end the wait.
        screen.keys(within: next - now).forEach { view.press($0) }
      } else {
        sample = try TopSample.take(after: sample)
        next = now + UInt64(interval * 1e9)
      }
    }
  }
}
