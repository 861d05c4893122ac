import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  static let onDemandPressure: [Check] = [
    onDemand(
      "survives-pressure",
      "With half the memory that the region needs, pages are swapped under traffic and keep their bytes.",
      needs: [.change(.swap), .change(.groups)],
      scope: .system,
      timeLimitSeconds: 300
    ) { context in
      let swap = try SwapDevice()
      let device = context.deviceName
      let group = try LimitedGroup(controller: "memory")
      let before = try context.look()
      let child = try Child { pipe in
        try group.enter()
        let pressure = try Pressure(device: device)
        // A limit that the process itself fits in, and the region does not.
        let limit = try group.current + Pressure.bytes / 2
        try group.set("memory.max", "\(limit)")
        let (faults, swapped) = try pressure.run()
        try pipe.send(faults)
        try pipe.send(swapped)
        try pipe.send(Int(try ProcessStatus().pinned))
        try pipe.send(try group.current <= limit ? 1 : 0)
      }
      let (wrong, swapped) = (try child.pipe.receive(), try child.pipe.receive())
      try context.expect("pages with other bytes than were written", wrong, 0)
      try context.require(
        "pages swapped out at the end",
        swapped > 0,
        expected: "some of \(Pressure.pages)",
        observed: "\(swapped)"
      )
      try context.expect("VmPin", try child.pipe.receive(), 0)
      try context.expect("memory within the limit", try child.pipe.receive(), 1)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("after it", since: before, pages: 0)
      withExtendedLifetime((swap, group)) {}
    }
  ]
}

/// More memory than its group may have, on demand, and traffic over all of it.
private struct Pressure: ~Copyable {
  static let pages = 1024
  static let bytes = UInt64(pages * BasePage.size)
  private static let rounds = 2

  private let area: Area
  private let device: CellDevice
  private let region: MemoryRegion
  private let view: ProcessorView

  init(device name: String) throws {
    let domain = try ProtectionDomain(on: DeviceContext(named: name))
    let area = try Area(pages: Pressure.pages)
    let device = try CellDevice(in: domain, local: [.localWrite, .onDemand])
    let view = try ProcessorView()
    region = try MemoryRegion(in: domain, range: area.range, access: .demand)
    self.area = area
    self.device = device
    self.view = view
  }

  /// Writes every page by device and by CPU in turn, reads each from the other side in the next round.
  ///
  /// Gives the pages whose bytes were wrong or whose transfer failed, and those that are swapped out at the end.
  func run() throws -> (wrong: Int, swapped: Int) {
    var wrong = 0
    for round in 0...Pressure.rounds {
      for page in 0..<Pressure.pages {
        let address = area.slice(page..<page + 1).start
        let isDevices = (page + round).isMultiple(of: 2)
        if round > 0 {
          let old = ProbePattern.bytes(UInt8(round - 1), at: UInt64(page))
          let probe = AddressRange(start: address, length: UInt64(old.count))
          let found =
            isDevices ? try device.read(address, key: region.rkey).bytes : view.read(probe)
          if found != old { wrong += 1 }
        }
        let fresh = ProbePattern.bytes(UInt8(round), at: UInt64(page))
        if isDevices {
          let status = try device.write(fresh, to: address, key: region.rkey)
          if status != .success { wrong += 1 }
        } else if !view.write(fresh, at: address) {
          wrong += 1
        }
      }
    }
    return (wrong, try PageMap().entries(in: area.range).count { $0.isSwapped })
  }
}
