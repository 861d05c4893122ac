import ArgumentParser
import Documents
import Glibc
import LinuxSystem

/// `memreg holders`: names every process that keeps an RDMA device busy.
struct HoldersCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "holders",
    abstract: "Show which processes keep an RDMA device from being removed.",
    discussion: """
      Joins open descriptors and mappings of all processes with the kernel's list of contexts, \
      protection domains, regions, queue pairs and completion queues: processes that opened the \
      device, that inherited a descriptor by fork or got one passed, and that have nothing left but \
      a mapping, or a descriptor of events, whose device the kernel does not tell. Before Linux 7.3 \
      the removal of a device waits for all of them. A device that is \
      gone is listed as long as a process has a descriptor or a mapping of it.
      """
  )

  @Argument(
    help: ArgumentHelp(
      "Only this device, such as rxe0 or uverbs0.",
      valueName: "device"
    ),
    completion: ValueCompletion.devices
  )
  var device: String?

  @Flag(help: "Wait until nobody holds the device.")
  var wait = false

  @OptionGroup var output: OutputOptions

  func execute() throws {
    var report = try look()
    if wait {
      Interruption.watch()
      // Soon at first, for holders that are about to end; then seldom, for the scan reads all of /proc.
      var pause: useconds_t = 50_000
      while !report.isFree && !Interruption.isRequested {
        usleep(pause)
        pause = min(pause * 2, 1_000_000)
        report = try look()
      }
    }
    try output.write(report, text: report.text)
    if Interruption.isRequested && !report.isFree {
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
  }

  private func look() throws(CommandFailure) -> HoldersReport {
    let report = try HoldersReport.current()
    guard let device else {
      guard wait || !report.devices.isEmpty else { throw DeviceOptions.noDevice() }
      return report
    }
    let present = report.devices.filter(\.present)
    guard !present.contains(where: { $0.device == device || $0.characterDevice == device }) else {
      return report.limited(to: device)
    }
    // On its way out, a device has left the kernel's list and stays in /sys until its last user has gone.
    let gone = report.limited(to: device)
    let isLeaving = unsafe access("/sys/class/infiniband/\(device)", F_OK) == 0
    if wait && !isLeaving { return report.limited(to: nil) }
    guard isLeaving || !gone.devices.isEmpty else {
      guard !present.isEmpty else { throw DeviceOptions.noDevice() }
      throw CommandFailure(
        "cannot look at \(device): no such RDMA device; there is "
          + present.compactMap(\.device).joined(separator: ", "),
        status: .unavailable
      )
    }
    return gone
  }
}
