import ArgumentParser
import MemoryRegistration
import Verbs

/// Which RDMA device a command works on.
struct DeviceOptions: ParsableArguments {
  @Option(
    name: [.customShort("d"), .customLong("ib-dev")],
    help: ArgumentHelp("The RDMA device; the first one by default.", valueName: "device"),
    completion: ValueCompletion.devices
  )
  var device: String?

  /// Opens the device that was named, or the first; `alternative` is what the command can do without one.
  func open(alternative: String? = nil) throws -> DeviceContext {
    guard let first = try DeviceOptions.devices(named: device).first else {
      throw DeviceOptions.unusable(device) ?? DeviceOptions.noDevice(alternative: alternative)
    }
    do {
      return try DeviceContext(named: first.name)
    } catch {
      throw CommandFailure(error, on: first.name)
    }
  }

  /// All devices, or the one of this name; empty where the machine has none.
  static func devices(named name: String?) throws(CommandFailure) -> [Device] {
    let devices: [Device]
    do throws(VerbsError) {
      devices = try Device.all()
    } catch {
      throw CommandFailure(error, on: "this machine")
    }
    guard let name, !devices.isEmpty else { return devices }
    guard let device = devices.first(where: { $0.name == name }) else {
      let known = devices.map(\.name).joined(separator: ", ")
      throw CommandFailure(
        "cannot open device \(name): no such RDMA device; there is \(known)",
        status: .unavailable
      )
    }
    return [device]
  }

  /// Why the device of this name, or the first of which there is something to say, cannot be opened although the kernel
  /// has it.
  static func unusable(_ name: String?) -> CommandFailure? {
    VerbsNode.all().filter { name == nil || $0.device == name }
      .compactMap { CommandFailure(unusable: $0) }.first
  }

  /// Says what this command, this installation and this machine offer instead of a device.
  static func noDevice(alternative: String? = nil) -> CommandFailure {
    let device = "make one with `memreg rxe up`"
    let machine = MicroVM.launcher.map {
      "run the command in a microVM that has one: `\($0) memreg ...`"
    }
    let ways = [device, machine].compactMap(\.self).joined(separator: ", or ")
    return CommandFailure(
      (["no RDMA device on this machine", ways] + [alternative].compactMap(\.self))
        .joined(separator: "; "),
      status: .unavailable
    )
  }

  /// The alternative of a command with `--strategy`.
  static let withoutDevice = "`--strategy io_uring` needs none"
}
