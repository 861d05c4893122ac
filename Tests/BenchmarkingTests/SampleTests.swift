import AllocationFaults
import Benchmarking
import FakeDevice
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Testing
import Verbs

@Suite struct `A sample` {
  @Test func `by io_uring leaves nothing pinned and takes time`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 1 << 20)
      try buffer.populate()
      var slots = RegistrationSlots(capacity: 8)
      let batch = RegistrationBatch(buffer.range, count: 8, access: [.localWrite])
      let times = try IOUringStrategy().sample(batch, in: &slots)
      #expect(times.register > 0)
      #expect(times.deregister > 0)
      #expect(try IOUringStrategy().samplePairs(batch, count: 3) > 0)
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `of a batch with a hole throws and releases the rest`() async {
    await #expect(processExitsWith: .success) {
      let page = UInt64(BasePage.size)
      let buffer = try HostBuffer(.anonymous, length: 4 * page)
      try buffer.populate()
      var slots = RegistrationSlots(capacity: 2)
      // The second range lies in the first page of the address space, where nothing is.
      let stride = page &- buffer.range.start
      let first = AddressRange(start: buffer.range.start, length: page)
      let batch = RegistrationBatch(first, stride: stride, count: 2, access: [.localWrite])
      #expect(throws: RegistrationError.self) {
        _ = try IOUringStrategy().sample(batch, in: &slots)
      }
      #expect(try ProcessStatus().pinned == 0)
    }
  }

  @Test func `by verbs gives every region of the batch back`() throws {
    let left = try FakeDevice.run {
      let strategy = VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: "fake0")))
      var slots = RegistrationSlots(capacity: 16)
      let range = AddressRange(start: 4096, length: 4096)
      let batch = RegistrationBatch(range, stride: 4096, count: 16, access: [.localWrite])
      _ = try strategy.sample(batch, in: &slots)
      #expect(try strategy.samplePairs(batch, count: 4) > 0)
    }
    #expect(left == FakeDevice.Live())
  }

  @Test func `allocates nothing by io_uring`() async {
    await #expect(processExitsWith: .success) {
      let buffer = try HostBuffer(.anonymous, length: 1 << 20)
      try buffer.populate()
      var slots = RegistrationSlots(capacity: 8)
      let batch = RegistrationBatch(buffer.range, count: 8, access: [.localWrite])
      _ = try IOUringStrategy().sample(batch, in: &slots)
      let before = allocation_count()
      _ = try IOUringStrategy().sample(batch, in: &slots)
      _ = try IOUringStrategy().samplePairs(batch, count: 8)
      #expect(allocation_count() - before == 0)
      _ = [UInt64](repeating: 1, count: Int(buffer.range.length))
      #expect(allocation_count() > before, "the counter counts")
    }
  }

  @Test func `of huge pages by io_uring charges them whole`() {
    let strategy = IOUringStrategy()
    let huge: UInt64 = 2 << 20
    let inside = AddressRange(start: huge, length: 4096)
    #expect(strategy.chargedPages(for: inside, of: .anonymous) == 1)
    #expect(strategy.chargedPages(for: inside, of: .transparentHuge) == 512)
    let across = AddressRange(start: huge * 2 - 1, length: 2)
    #expect(strategy.chargedPages(for: across, of: .hugetlb(.twoMebibytes)) == 1024)
  }
}

@Suite struct `Resident registrations` {
  @Test func `are charged a page each and released together`() async {
    await #expect(processExitsWith: .success) {
      do {
        var residents = try ResidentRegistrations(capacity: 5, access: [.localWrite])
        for _ in 0..<5 { try residents.add(by: IOUringStrategy()) }
        #expect(residents.count == 5)
        #expect(try ProcessStatus().pinned == 5 * 4096)
      }
      #expect(try ProcessStatus().pinned == 0)
    }
  }
}
