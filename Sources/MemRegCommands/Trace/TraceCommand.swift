import ArgumentParser
import Glibc
import LinuxSystem
import Netlink
import Tracing

/// `memreg trace`: shows the registrations of the whole machine as the kernel carries them out.
struct TraceCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Trace memory registrations of any process in the kernel, by stage and cause.",
    usage: "memreg trace [<options>] [-- <command> ...]",
    discussion: """
      A line per registration, re-registration, deregistration, page fault of a device and charge \
      of pages: time, process, device, how the memory is held, address, size, access, and what the \
      time was spent on: uverbs, driver, map (charging and DMA mapping), fault, pin, migrate, \
      release. Of a failure the errno, where it came from, and the cause.

      Sees every program on the machine, whatever it is written in or linked with. Needs root, or \
      CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN. Nothing stays in the kernel when memreg ends, however it ends. \
      With COMMAND the exit status is COMMAND's.
      """
  )

  /// What is shown.
  enum Form: String, EnumerableFlag {
    case lines
    case summary
    case histogram

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .lines: "A line per call (default unless on a terminal)."
      case .summary: "Tables per process and device (default on a terminal, live)."
      case .histogram: "Only durations of all calls, counted in the kernel, for the highest rates."
      }
    }
  }

  @Flag(exclusivity: .exclusive)
  var form: Form?

  @Option(help: ArgumentHelp("Only this process, and what it starts.", valueName: "pid"))
  var pid: Int32?

  @Option(
    help: ArgumentHelp(
      "Only threads of this name, of which the kernel keeps 15 bytes.",
      valueName: "name"
    )
  )
  var comm: String?

  @Option(
    name: [.customShort("d"), .customLong("device")],
    help: ArgumentHelp("Only this RDMA device.", valueName: "device"),
    completion: ValueCompletion.devices
  )
  var device: String?

  @Option(help: ArgumentHelp("End after this time.", valueName: "seconds"))
  var duration: Double?

  @Flag(help: "Whole calls only, without stages, which costs the traced programs least.")
  var light = false

  @Flag(name: [.customShort("j"), .long], help: "JSON lines, as `memreg record` writes them.")
  var json = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write to this file in place of standard output.", valueName: "file"),
    completion: .file()
  )
  var output: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("A program to run and trace, with its arguments.", valueName: "command")
  )
  var command: [String] = []

  func validate() throws {
    if let duration, !(duration > 0 && duration <= 1e9) {
      throw ValidationError("--duration takes seconds above 0")
    }
    if let pid, pid <= 0 { throw ValidationError("--pid takes the number of a process") }
    if pid != nil, !command.isEmpty { throw ValidationError("either --pid or a command") }
    if json, form != nil, form != .lines { throw ValidationError("--json is for lines") }
  }

  func execute() throws {
    let place = try output.map { try OutputPlace($0, option: "--output") }
    var options = TraceOptions()
    options.detail = light ? .light : .stages
    options.countsDurations = shownForm == .histogram
    options.command = comm
    options.device = try device.map { try TraceCommand.index(of: $0) }
    if let pid {
      guard kill(pid, 0) == 0 || errno != ESRCH else {
        throw CommandFailure("cannot trace process \(pid): there is none", status: .unavailable)
      }
      options.processes = [pid]
    } else if !command.isEmpty {
      options.processes = [getpid()]
    }
    options.followsChildren = !options.processes.isEmpty
    let session = try TraceSession(options)
    if !light { TraceCommand.tell(ofUnseen: session) }
    var run = try TraceRun(self, shownForm, session, place)
    try run.run()
  }

  /// Says which stages this kernel does not show.
  static func tell(ofUnseen session: borrowing TraceSession) {
    guard !session.unseen.isEmpty else { return }
    let names = session.unseen.map(\.name).joined(separator: ", ")
    StandardError.message("this kernel does not show \(names) separately")
  }

  private var shownForm: Form {
    form ?? (StandardOutput.isTerminal && !json && output == nil ? .summary : .lines)
  }

  private static func index(of name: String) throws(CommandFailure) -> UInt32 {
    do throws(NetlinkError) {
      if let device = try RDMANetlink().devices().first(where: { $0.name == name }) {
        return device.index
      }
    } catch {
      throw CommandFailure(error)
    }
    throw CommandFailure("cannot trace \(name): no such RDMA device", status: .unavailable)
  }
}
