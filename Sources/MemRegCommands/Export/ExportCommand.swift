import ArgumentParser
import Documents
import Glibc
import HostMemory
import LinuxSystem

/// `memreg export`: what `memreg top` shows, for Prometheus.
struct ExportCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export who has pinned how much as metrics for Prometheus.",
    discussion: """
      Writes OpenMetrics: the FOLL_PIN balance of the system, regions of each device, pinned memory, \
      limit and headroom of processes, and whether one page can be registered now. --textfile \
      replaces a file over and over for the textfile collector of node_exporter; --listen serves \
      /metrics itself; with neither, one page goes to standard output. Root sees more: the counters \
      of the system are exact, and so are the limits of other users.
      """
  )

  @Option(
    help: ArgumentHelp("Keep the metrics in this file, such as memreg.prom.", valueName: "path")
  )
  var textfile: String?

  @Option(
    help: ArgumentHelp(
      "Serve /metrics here; port 0 lets the kernel choose.",
      valueName: "addr:port"
    )
  )
  var listen: String?

  @Option(help: ArgumentHelp("Seconds between writings of --textfile.", valueName: "seconds"))
  var interval = 15.0

  @Flag(help: "Write --textfile once and end.")
  var once = false

  @Option(
    help: ArgumentHelp(
      "Series for at most so many processes by size, and as many by headroom.",
      valueName: "count"
    )
  )
  var maxProcesses = 50

  func validate() throws {
    guard textfile == nil || listen == nil else {
      throw ValidationError("--textfile and --listen are two ways; give one")
    }
    guard interval >= 0.1, interval <= 86_400 else {
      throw ValidationError("--interval takes 0.1 to 86400 seconds")
    }
    guard (1...10_000).contains(maxProcesses) else {
      throw ValidationError("--max-processes takes 1 to 10000")
    }
  }

  func execute() throws {
    let place = try textfile.map { try OutputPlace($0, option: "--textfile") }
    var probes = ProbeCounts()
    func page() throws -> String {
      probes.run()
      return try TopSample.take(after: nil).metrics(probes, processes: maxProcesses)
    }
    if let listen { return try serve(on: listen, page) }
    guard let place else {
      // For a reader of the format names stay as they are; their newlines are escaped.
      return StandardOutput.isTerminal
        ? StandardOutput.write(try page()) : StandardOutput.draw(try page())
    }
    guard !once else { return try AtomicFile.write(try page(), to: place) }
    Interruption.watch()
    while !Interruption.isRequested {
      try AtomicFile.write(try page(), to: place)
      Interruption.pause(seconds: interval)
    }
    throw ExitCode(ExitStatus.interrupted.rawValue)
  }

  private func serve(on text: String, _ page: () throws -> String) throws {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else {
      throw CommandFailure("--listen takes ADDR:PORT, not '\(text)'", status: .usage)
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else {
      throw CommandFailure(
        "--listen takes ADDR:PORT; name the address, 0.0.0.0 for all",
        status: .usage
      )
    }
    let server = try ScrapeServer(host: String(host), port: port)
    Interruption.watch()
    StandardError.message("serving http://\(text[..<colon]):\(server.port)/metrics")
    try server.serve(page)
    throw ExitCode(ExitStatus.interrupted.rawValue)
  }
}
