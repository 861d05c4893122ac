import ArgumentParser
import Documents
import LinuxSystem
import PeerVerification
import Verbs

/// `memreg verify`: proves the registrations of this host and of one that runs `memreg serve`, by moving bytes.
struct VerifyCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove registrations of another host and of this one, by moving bytes between them.",
    discussion: """
      HOST runs `memreg serve`. Its memory is registered, read, written and summed over RDMA, then this \
      host's memory by it. Wrong keys, transfers that leave the region, access that was not given and \
      a region that was released must end as IBV_WC_REM_ACCESS_ERR, and the next connection must work. \
      Exits 1 when anything came out otherwise, 69 where no device leads to the host or the one that does \
      is being removed.
      """
  )

  @Argument(help: "The host by name or address.")
  var host: String

  @Option(help: "The port that it listens on.")
  var port: UInt16 = 7471

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Bytes of each region, 4KiB to 1GiB. (default: 1MiB)", valueName: "size"),
    transform: SizeArgument.positive
  )
  var size = ByteSize(bytes: 1 << 20)

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if size.bytes < 4096 || size.bytes > 1 << 30 {
      throw ValidationError("--size \(size): a verification takes 4 KiB to 1 GiB")
    }
  }

  func execute() throws {
    Interruption.watch()
    let all = try DeviceOptions.devices(named: nil)
    guard !all.isEmpty else { throw DeviceOptions.unusable(nil) ?? DeviceOptions.noDevice() }
    var cases: [VerificationCase] = []
    var device: Device?
    var failure: CommandFailure?
    do {
      let address = try SocketAddress(host: host, port: port)
      let client = try VerificationClient(
        to: address,
        length: size.bytes,
        isInterrupted: { Interruption.isRequested },
        report: { cases.append($0) }
      )
      device = client.context.device
      let watch = try Interruption.watch(client.context)
      defer { withExtendedLifetime(watch) {} }
      try client.run()
    } catch let error as VerificationFailure {
      failure = error.reason.map { reason in
        CommandFailure(
          "cannot verify \(host) port \(port): \(reason)",
          status: error.code.map { ExitStatus(errno: $0) } ?? .refused
        )
      }
    } catch let error as VerbsError {
      failure = CommandFailure(error, on: "\(host) port \(port)")
    } catch let error as SystemError {
      failure = CommandFailure(error)
    } catch {
      failure = CommandFailure(
        "cannot verify \(host) port \(port): the connection was lost",
        status: .refused
      )
    }
    let devices = device.map { [$0] } ?? all.filter(\.isGone)
    let skipped = cases.compactMap { VerifyReport.Skip($0) }
    let report = VerifyReport(
      host: host,
      port: port,
      device: device?.name ?? "",
      sizeBytes: size.bytes,
      interrupted: failure == nil
        ? Interruption.isRequested : Interruption.isRequested(on: devices, within: 0.5),
      cases: cases.compactMap { VerifyReport.Case($0) },
      skipped: skipped.isEmpty ? nil : skipped
    )
    if failure == nil || !cases.isEmpty {
      try output.write(report, text: report.text)
    }
    if report.interrupted { throw Interruption.end("the result is partial") }
    if let failure { throw failure }
    guard report.failed == 0 else { throw ExitCode(ExitStatus.doesNotHold.rawValue) }
  }
}
