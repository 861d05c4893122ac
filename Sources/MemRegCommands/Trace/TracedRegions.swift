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
    /// When the call that made it had returned, on the clock of `TraceRecord.begin`.
    let madeAt: UInt64
  }

  /// How many regions of one address in the kernel are kept: those whose deregistration has not returned in its thread.
  private static let mostAtOneAddress = 16

  /// By address in the kernel, in the order of their making.
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
      Region(
        number: number,
        process: process,
        program: program,
        backing: backing,
        range: range,
        madeAt: record.begin &+ record.nanoseconds
      )
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

  /// The region that a record is about. The kernel gives a freed region's address to the next before the deregistration
  /// has returned, so that of several at one address it is the last that was made when the call began.
  private func known(to record: TraceRecord) -> Region? {
    guard record.kind != .register, let candidates = regions[record.region] else { return nil }
    return candidates.last { $0.madeAt <= record.begin } ?? candidates.first
  }

  private mutating func keep(_ region: Region, _ handle: UInt64) {
    guard handle != 0 else { return }
    regions[handle] = (regions[handle] ?? []).suffix(Self.mostAtOneAddress - 1) + [region]
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
