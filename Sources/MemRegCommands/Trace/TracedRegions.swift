import HostMemory
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
    let range: AddressRange
  }

  /// By address in the kernel. Where a region is made at the address of one whose deregistration has not returned yet,
  /// both, the older first.
  private var regions: [UInt64: [Region]] = [:]
  private var made = 0
  private var devices: [UInt32: String] = [:]
  private var programs: [Int32: String] = [:]

  /// Completes a record; to be asked for all of them in turn.
  mutating func call(_ record: TraceRecord) -> TracedCall {
    let known = known(to: record)
    let process = known?.process ?? record.subject ?? record.process
    let program = known?.program ?? program(of: process, calling: record)
    let backing =
      record.backing == .unknown ? known?.backing ?? record.likelyBacking : record.backing
    let isAddressed = record.kind != .deregister || known == nil
    let named = AddressRange(start: record.address, length: record.length)
    let range = isAddressed ? named : known?.range ?? named
    func region(_ number: Int, over range: AddressRange) -> Region {
      Region(number: number, process: process, program: program, backing: backing, range: range)
    }
    var number = known?.number
    switch record.kind {
    case .register where record.errno == nil:
      made += 1
      number = made
      keep(region(made, over: range), record.region)
    case .reregister where record.errno == nil:
      guard let known else { break }
      let keepsRange = record.changes & 1 == 0
      forget(known, record.region)
      keep(
        region(known.number, over: keepsRange ? known.range : range),
        record.successor != 0 ? record.successor : record.region
      )
    case .deregister where record.errno == nil:
      if let known { forget(known, record.region) }
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
      address: range.start,
      lengthBytes: range.length
    )
  }

  /// The region that a record is about, if it was made before; of two at one address that of the process that calls.
  private func known(to record: TraceRecord) -> Region? {
    guard record.kind != .register, let candidates = regions[record.region] else { return nil }
    let process = record.subject ?? record.process
    return candidates.first { $0.process == process } ?? candidates.first
  }

  private mutating func keep(_ region: Region, _ handle: UInt64) {
    if handle != 0 { regions[handle] = (regions[handle] ?? []).suffix(1) + [region] }
  }

  private mutating func forget(_ region: Region, _ handle: UInt64) {
    regions[handle]?.removeAll { $0.number == region.number }
    if regions[handle]?.isEmpty == true { regions[handle] = nil }
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
