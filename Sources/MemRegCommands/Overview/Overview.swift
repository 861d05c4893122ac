import ArgumentParser
import LinuxSystem
import Verbs

/// Summarizes this machine and suggests what to run next: the output of `memreg` alone.
struct Overview {
  struct Device {
    var name: String
    var driver: String?
    /// Whether this process may open the device's file.
    var opens: Bool
  }

  /// What may be pinned.
  enum Limit {
    /// No limit binds this process, for the reason given.
    case lifted(String)
    /// Bytes of the soft limit and what is left of it, with the way to raise it.
    case binds(bytes: UInt64, headroom: UInt64, remedy: String)
  }

  var devices: [Device]
  var limit: Limit
  /// Whether the kernel has rdma_rxe, and whether this process may make links of it.
  var softRoCE: (available: Bool, permitted: Bool)

  /// A limit below this keeps most applications from starting: 64 MiB.
  private static let comfortable: UInt64 = 64 << 20

  var text: StyledText {
    var lines: [StyledText] = [
      "memreg \(MemRegCommand.configuration.version), Linux \(Machine.kernelRelease)", "",
    ]
    let shown = devices.map(Overview.line(for:))
    lines += Overview.rows("device", shown.isEmpty ? [StyledText(noDevice)] : shown)
    lines += Overview.rows("memlock", [limitLine]) + [""]
    lines += Overview.rows("next", Overview.aligned(next).map { StyledText($0) })
    return lines.printableLines
  }

  /// The commands that lead on from here, each with what it does.
  var next: [(command: String, purpose: String)] {
    var steps: [(String, String)] = []
    if let device = devices.first(where: \.opens) {
      steps.append(
        (
          "memreg register -d \(device.name) --size 1M",
          "one region, and the kernel's account of it"
        )
      )
      steps.append(("memreg bench -d \(device.name)", "what registering costs"))
      steps.append(("memreg check -d \(device.name)", "whether the kernel keeps its promises"))
    } else if let device = devices.first {
      steps.append(
        ("ls -l /dev/infiniband", "who may open \(device.name): be one of them, or root")
      )
    } else {
      if softRoCE.available {
        let command = softRoCE.permitted ? "memreg rxe up" : "sudo memreg rxe up"
        steps.append((command, "a soft-RoCE device on this machine"))
      }
      if let launcher = MicroVM.launcher {
        steps.append(
          ("\(launcher) memreg bench", "the same on a real soft-RoCE device in a microVM")
        )
      }
      steps.append(
        ("memreg bench --strategy io_uring", "what pinning costs here, without a device")
      )
    }
    if case .binds(let bytes, _, let remedy) = limit, bytes < Overview.comfortable {
      steps.append(("memreg limits", "who set the limit; to raise it: \(remedy)"))
    }
    steps.append(("memreg --help", "all commands"))
    return steps
  }

  private var noDevice: String {
    softRoCE.available
      ? "none; this kernel has soft RoCE (rdma_rxe)"
      : "none, and this kernel has no soft RoCE (rdma_rxe)"
  }

  private var limitLine: StyledText {
    switch limit {
    case .lifted(let reason): "no limit binds: \(reason)"
    case .binds(let bytes, let headroom, _):
      StyledText(
        "\(ByteSize.text(bytes)), of which \(ByteSize.text(headroom)) can be pinned now",
        bytes < Overview.comfortable ? .warning : Headroom(headroom, of: bytes).style
      )
    }
  }

  private static func line(for device: Device) -> StyledText {
    let name = device.driver.map { "\(device.name) (\($0))" } ?? device.name
    return device.opens ? StyledText(name) : "\(name), \("which this user may not open", .bad)"
  }

  private static func rows(_ title: String, _ texts: [StyledText]) -> [StyledText] {
    texts.enumerated()
      .map { index, text in
        let head = index == 0 ? title : ""
        return StyledText(head + String(repeating: " ", count: 10 - head.utf8.count)) + text
      }
  }

  private static func aligned(_ steps: [(command: String, purpose: String)]) -> [String] {
    let width = steps.map(\.command.utf8.count).max() ?? 0
    return steps.map { step in
      step.command + String(repeating: " ", count: width + 2 - step.command.utf8.count)
        + step.purpose
    }
  }
}
