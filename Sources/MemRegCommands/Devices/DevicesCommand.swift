import ArgumentParser
import Documents
import LinuxSystem
import Verbs

/// `memreg devices`: shows every RDMA device with what matters for registration.
struct DevicesCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Show the RDMA devices and what they do about registration.",
    discussion: """
      Shows what each driver claims, then tries it with one page: pinned and on-demand regions, \
      memory windows, DMA-BUFs, re-registration. Nothing stays registered. Exits 69 where there is \
      no device.
      """
  )

  @Argument(
    help: ArgumentHelp("Only this device.", valueName: "device"),
    completion: ValueCompletion.devices
  )
  var name: String?

  @OptionGroup var device: DeviceOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if name != nil && device.device != nil {
      throw ValidationError("name the device once, as an argument or by --ib-dev")
    }
  }

  func execute() throws {
    let devices = try DeviceOptions.devices(named: name ?? device.device)
    guard !devices.isEmpty else {
      throw DeviceOptions.unusable(name ?? device.device) ?? DeviceOptions.noDevice()
    }
    let inspection = try DeviceInspection()
    var report = DevicesReport(
      kernel: Machine.kernelRelease,
      rdmaCore: VerbsLibrary.version,
      forkSupport: ""
    )
    var failure: CommandFailure?
    for device in devices {
      do throws(VerbsError) {
        report.devices.append(try inspection.report(on: device))
      } catch {
        let cause = CommandFailure(error, on: device.name)
        report.failures.append(.init(device: device.name, error: cause.message))
        failure = failure ?? cause
      }
    }
    // libibverbs learns from the kernel what fork does when it opens the first device.
    report.forkSupport = ForkSupport.current.rawValue
    try output.write(report, text: report.text)
    if let failure { throw failure }
  }
}
