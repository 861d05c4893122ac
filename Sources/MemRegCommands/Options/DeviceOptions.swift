import ArgumentParser
import Registration
import Verbs

/// Which RDMA device a command works on.
struct DeviceOptions: ParsableArguments {
  @Option(
    name: [.customShort("d"), .customLong("ib-dev")],
    help: ArgumentHelp("The RDMA device; the first one by default.", valueName: "device"),
    completion: .shellCommand("ls /sys/class/infiniband")
  )
  var device: String?

  /// Opens the device that was named, or the first.
  func open() throws -> DeviceContext {
    do {
      let devices = try Device.all()
      guard let first = devices.first else { throw DeviceOptions.noDevice }
      guard let name = device else { return try DeviceContext(named: first.name) }
      guard devices.contains(where: { $0.name == name }) else {
        let known = devices.map(\.name).joined(separator: ", ")
        throw CommandFailure(
          "cannot open device \(name): no such RDMA device; there is \(known)",
          status: .unavailable
        )
      }
      return try DeviceContext(named: name)
    } catch let error as VerbsError {
      throw CommandFailure(error, on: device ?? "the first RDMA device")
    }
  }

  static let noDevice = CommandFailure(
    "no RDMA device on this machine; make one with `memreg rxe up`, or run the command in a "
      + "microVM that has one: `scripts/rxe-vm memreg ...`; `--strategy io_uring` needs none",
    status: .unavailable
  )
}
