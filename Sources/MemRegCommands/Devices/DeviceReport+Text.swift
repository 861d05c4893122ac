import Diagnosis
import Documents
import LinuxSystem
import MemoryRegistration
import Report

extension DeviceReport {
  /// The report for people: a heading, a line per matter, the ports and their GIDs.
  var text: StyledText {
    var lines = [StyledText(heading, .strong)]
    lines += facts.map { fact in
      "  \(fact.name.padded(to: 11))\(fact.text, fact.name == "warning" ? .warning : nil)"
    }
    for port in ports { lines += port.lines.map { StyledText($0) } }
    return lines.printableLines
  }

  private var heading: String {
    let parts = [
      driver ?? "unknown driver", transport, characterDevice, "node \(nodeGuid)",
      firmware.isEmpty ? nil : "firmware \(firmware)",
    ]
    return "\(name)  " + parts.compactMap(\.self).joined(separator: ", ")
  }

  private var facts: [(name: String, text: String)] {
    let size =
      maxMrSizeBytes == .max ? "of any size" : "of at most \(ByteSize.text(maxMrSizeBytes))"
    let working = probes.named.filter { $0.probe.works == true }.map(\.name)
    let refused = probes.named.filter { $0.probe.works == false }
      .map { "\($0.name) (\($0.probe.errno ?? "?"))" }
    var facts = [
      ("regions", "\(limits.maxMr) claimed, \(size)"),
      ("page sizes", DeviceReport.sizes(pageSizesBytes)),
      ("windows", "\(limits.maxMw) claimed"),
      ("on-demand", onDemandText),
      ("works", working.isEmpty ? "nothing" : working.joined(separator: ", ")),
      ("refused", refused.isEmpty ? "nothing" : refused.joined(separator: ", ")),
    ]
    if probes.reregRoute == "kernel" {
      facts.append(("rereg", "by the kernel's command; ibv_rereg_mr lacks it for this device"))
    }
    if let warning = probes.onDemandPlacement?.warning { facts.append(("warning", warning)) }
    return facts
  }

  private var onDemandText: String {
    guard odp.supported else { return "not claimed" }
    let transports = [("rc", odp.rc), ("uc", odp.uc), ("ud", odp.ud), ("xrc", odp.xrc)]
    let parts = transports.filter { !$0.1.isEmpty }
      .map { "\($0.0) \($0.1.joined(separator: ","))" }
    return (parts + [odp.implicit ? "implicit" : "not implicit"]).joined(separator: "; ")
  }

  /// "4 KiB to 2 GiB" for an unbroken row of powers of two, else a list.
  static func sizes(_ sizes: [UInt64]) -> String {
    guard let first = sizes.first, let last = sizes.last else { return "none claimed" }
    let isUnbroken = zip(sizes, sizes.dropFirst()).allSatisfy { $1 == 2 * $0 }
    guard isUnbroken, sizes.count > 2 else {
      return sizes.map { ByteSize.text($0) }.joined(separator: ", ")
    }
    return "\(ByteSize.text(first)) to \(ByteSize.text(last))"
  }
}

extension DeviceReport.Probes {
  /// Each probe with its name for people.
  fileprivate var named: [(name: String, probe: DeviceReport.Probe)] {
    [
      ("pinned", pinned), ("remote write", remoteWrite), ("on-demand", onDemand),
      ("mw type 1", mwType1), ("mw type 2", mwType2), ("dma-buf", dmabuf),
      ("rereg access", reregAccess), ("rereg pd", reregPd),
      ("rereg translation", reregTranslation),
    ]
  }
}

extension PortReport {
  /// A line for the port and one for each GID.
  fileprivate var lines: [String] {
    let rate = rateMbps.map { "\(FixedPoint.text(Double($0) / 1000, decimals: 1)) Gb/s" }
    let parts = [
      state, linkLayer, netdev, rate, "MTU \(activeMtuBytes) of \(maxMtuBytes)",
      lid > 0 ? "lid \(lid)" : nil,
    ]
    let heading = "  \("port \(port)".padded(to: 11))"
    return [heading + parts.compactMap(\.self).joined(separator: ", ")]
      + gids.map { gid in
        let parts = [gid.gid, gid.type, gid.ipv4, gid.netdev].compactMap(\.self)
        return "  \("gid \(gid.index)".padded(to: 11))" + parts.joined(separator: "  ")
      }
  }
}

extension String {
  /// The text filled up with spaces to `width` characters.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
