import Diagnosis
import Testing

@Suite struct `The bounds of a device` {
  private func memory(_ device: DeviceTraits) -> PinnableMemory { PinnableMemory(on: [device]) }

  @Test func `are the regions it has left and the longest one`() throws {
    var device = DeviceTraits(name: "efa_0", driver: "efa")
    (device.mostPages, device.mostBytes) = (512, 1 << 30)
    (device.mostRegions, device.regions) = (10, 7)
    let bounds = memory(device)
    let regions = try #require(bounds.ofRegions)
    #expect(regions.limitCount == 10 && regions.usedCount == 7)
    #expect(regions.bytes == 3 * 512 * 4096)
    let longest = try #require(bounds.ofOneRegion)
    #expect(longest.bytes == 512 * 4096 && longest.setting == "driver pages")
    #expect(bounds.binding?.kind != .regionSize)
  }

  @Test func `bind where no region is left, and are none of the machine's memory`() {
    var device = DeviceTraits(name: "efa_0", driver: "efa")
    (device.mostRegions, device.regions) = (10, 11)
    let bounds = memory(device)
    #expect(bounds.binding?.kind == .regions && bounds.binding?.bytes == 0)
    #expect(bounds.ofNewMemory?.kind != .regions)
    #expect(bounds.ofOneRegion == nil)
  }
}
