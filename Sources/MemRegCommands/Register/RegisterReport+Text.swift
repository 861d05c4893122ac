import Diagnosis
import Documents
import LinuxSystem
import MemoryRegistration
import Report

extension RegisterReport {
  /// The report for people: a row per region, then the account.
  var text: String {
    var table = TextTable([
      ("address", .left), ("length", .right), ("lkey", .right), ("rkey", .right),
      ("register", .right), ("deregister", .right),
    ])
    for region in regions {
      table.append([
        RegisterReport.hexadecimal(region.address),
        ByteSize.text(region.lengthBytes),
        region.lkey.map { RegisterReport.hexadecimal(UInt64($0)) } ?? "-",
        region.rkey.map { RegisterReport.hexadecimal(UInt64($0)) } ?? "-",
        DurationText.text(nanoseconds: Double(region.registerNs)),
        region.deregisterNs.map { DurationText.text(nanoseconds: Double($0)) } ?? "held",
      ])
    }
    return table.text + "\n" + account
  }

  private var account: String {
    let page = UInt64(BasePage.size)
    let charged = chargedBytes / page
    let verdict = charged == expectedPages ? "as expected" : "expected \(expectedPages) pages"
    let place = device.map { "\(strategy.rawValue) on \($0)" } ?? strategy.rawValue
    var lines = [
      "\(place), \(memory) memory, \(access)",
      "charged   \(charged) pages (\(ByteSize.text(chargedBytes))), \(verdict)",
      "VmPin     \(ByteSize.pinned(vmPinBeforeBytes)) before, "
        + "\(ByteSize.pinned(vmPinAfterBytes)) registered"
        + (vmPinEndBytes.map { ", \(ByteSize.pinned($0)) released" } ?? ""),
    ]
    switch (limitBytes, headroomBytes) {
    case (let limit?, let headroom?) where limitBinds:
      lines.append("limit     \(ByteSize.text(limit)), \(ByteSize.text(headroom)) left")
    case (let limit?, _):
      lines.append("limit     \(ByteSize.text(limit)), lifted by CAP_IPC_LOCK")
    default:
      lines.append("limit     unlimited")
    }
    if let warning = onDemandPlacement?.warning { lines.append("warning   \(warning)") }
    if interrupted { lines.append("interrupted: not every region was registered") }
    return lines.printableLines
  }

  private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
