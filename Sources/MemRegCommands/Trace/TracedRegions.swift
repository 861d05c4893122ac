import LinuxSystem
import Netlink
import Tracing

/// What the calls of a trace have in common: devices by name, regions from their making to their end.
struct TracedRegions {
  /// A region that exists.
  private struct Region {
    let number: Int
    let process: Int32
    let program: String
    let backing: Backing
    let address: UInt64
    let lengthBytes: UInt64
  }

  private var regions: [UInt64: Region] = [:]
  private var made = 0
  private var devices: [UInt32: String] = [:]
  private var programs: [Int32: String] = [:]

  /// Completes a record; to be asked for all of them in turn.
  mutating func call(_ record: TraceRecord) -> TracedCall {
    let known = record.region == 0 ? nil : regions[record.region]
    let process = known?.process ?? record.subject ?? record.process
    let program = known?.program ?? program(of: process, calling: record)
    let backing =
      record.backing == .unknown ? known?.backing ?? record.likelyBacking : record.backing
    let isAddressed = record.kind != .deregister || known == nil
    let address = isAddressed ? record.address : known?.address ?? record.address
    let length = isAddressed ? record.length : known?.lengthBytes ?? record.length
    var number = known?.number
    switch record.kind {
    case .register where record.errno == nil:
      made += 1
      number = made
      keep(record.region, made, process, program, backing, address, length)
    case .reregister where record.errno == nil:
      guard let known else { break }
      let keepsRange = record.changes & 1 == 0
      if record.successor != 0 { regions[record.region] = nil }
      keep(
        record.successor != 0 ? record.successor : record.region,
        known.number,
        process,
        program,
        backing,
        keepsRange ? known.address : address,
        keepsRange ? known.lengthBytes : length
      )
    case .deregister where record.errno == nil: regions[record.region] = nil
    case .register: number = nil
    default: break
    }
    return TracedCall(
      record: record,
      process: process,
      program: program,
      device: record.device.map { deviceName($0) },
      region: number,
      backing: backing,
      address: address,
      lengthBytes: length
    )
  }

  private mutating func keep(
    _ region: UInt64,
    _ number: Int,
    _ process: Int32,
    _ program: String,
    _ backing: Backing,
    _ address: UInt64,
    _ length: UInt64
  ) {
    guard region != 0 else { return }
    regions[region] = Region(
      number: number,
      process: process,
      program: program,
      backing: backing,
      address: address,
      lengthBytes: length
    )
  }

  /// The name of a process: of a thread of its own, of another only if it is still there.
  private mutating func program(of process: Int32, calling record: TraceRecord) -> String {
    if process == record.process { return record.command }
    if let known = programs[process] { return known }
    let name = TextFile.firstLine("/proc/\(process)/comm") ?? "?"
    programs[process] = name
    return name
  }

  private mutating func deviceName(_ index: UInt32) -> String {
    if let known = devices[index] { return known }
    // A device that came since the last look.
    let found = (try? RDMANetlink().devices()) ?? []
    for device in found { devices[device.index] = device.name }
    return devices[index] ?? "#\(index)"
  }
}

extension TraceRecord {
  /// A driver that pins by its own code is seen only by its pins.
  fileprivate var likelyBacking: Backing { (result(of: .pin)?.calls ?? 0) > 0 ? .pinned : .unknown }
}
