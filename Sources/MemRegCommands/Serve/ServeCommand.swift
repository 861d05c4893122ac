import ArgumentParser
import HostMemory
import LinuxSystem
import PeerVerification
import Verbs

/// `memreg serve`: registers memory for a peer that proves it with `memreg verify`.
struct ServeCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Register memory for another host to prove with `memreg verify`.",
    discussion: """
      Waits for `memreg verify` on an RDMA device, registers memory as that asks for, and reads and \
      writes its memory in turn. Up to four verifications at a time; every length, key and access that \
      arrives is checked, and nothing larger than --limit is registered. Whoever reaches the port can have \
      eight times that pinned for as long as verifications last: listen where you trust the network. \
      SIGINT ends it, with every region released, and so does the removal of the last device that it \
      listens on (status 69).
      """
  )

  @Option(help: ArgumentHelp("Listen on this address of an RDMA device.", valueName: "address"))
  var listen = "0.0.0.0"

  @Option(help: "Listen on this port.")
  var port: UInt16 = 7471

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest region that a peer may ask for. (default: 64MiB)",
      valueName: "size"
    ),
    transform: SizeArgument.positive
  )
  var limit = ByteSize(bytes: 64 << 20)

  @Flag(help: "End after one verification.")
  var once = false

  func execute() throws {
    Interruption.watch()
    let all = try DeviceOptions.devices(named: nil)
    guard !all.isEmpty else { throw DeviceOptions.unusable(nil) ?? DeviceOptions.noDevice() }
    let server: VerificationServer
    do throws(VerbsError) {
      server = try VerificationServer(
        on: try SocketAddress(host: listen, port: port),
        limit: limit.bytes
      )
    } catch {
      throw CommandFailure(error, on: "\(listen) port \(port)")
    }
    let devices = server.deviceName.map { name in all.filter { $0.name == name } } ?? all
    server.whenRemoved = { device in
      // What listens on other devices as well goes on.
      guard !Interruption.isRequested(on: devices) else { return }
      StandardError.message(Interruption.removal(of: device.name, "listening on"))
    }
    StandardOutput.write("listening on \(listen) port \(server.port), up to \(limit) a region\n")
    do throws(VerbsError) {
      try server.run(
        once: once,
        isInterrupted: { Interruption.isRequested(on: devices) },
        report: { StandardOutput.write([$0].printableLines) }
      )
    } catch {
      guard Interruption.isRequested(on: devices, within: 0.5) else {
        throw CommandFailure(error, on: "\(listen) port \(server.port)")
      }
    }
    if Interruption.isRequested { throw Interruption.end("listening no more") }
  }
}
