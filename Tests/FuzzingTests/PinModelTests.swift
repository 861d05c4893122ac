import Diagnosis
import Fuzzing
import Glibc
import HostMemory
import LinuxSystem
import Testing
import Verbs

private let base: UInt64 = 0x2000_0000_0000
private let old = KernelBehaviour(
  writesToPinReadOnly: true,
  pinsInaccessibleMemory: true,
  acceptsZeroBased: true,
  givesEveryRegionAnRkey: false,
  onDemand: .EINVAL,
  refusesSharedFileWrites: false
)
private let new = KernelBehaviour()
private let writing: AccessFlags = [.localWrite, .remoteRead, .remoteWrite]

private func pages(_ first: UInt64, _ count: UInt64) -> AddressRange {
  AddressRange(start: base + first * 4096, length: count * 4096)
}

private func model(
  _ behaviour: KernelBehaviour = new,
  limit: UInt64? = nil,
  privileged: Bool = false,
  _ backing: AddressSpaceModel.Backing = .privateMemory,
  _ protection: AddressSpaceModel.Protection = .write
) -> PinModel {
  var model = PinModel(behaviour, softLimitBytes: limit, isPrivileged: privileged)
  model[memoryOf: model.first].map(pages(0, 64), backing, protection)
  return model
}

@Suite struct `The model of pinning charges` {
  @Test(
    arguments: [
      (0, 1, 1), (4095, 1, 1), (4095, 2, 2), (1, 4096, 2), (4095, 8192, 3), (4096, 40_960, 10),
      (5, 0, 1),
    ] as [(UInt64, UInt64, UInt64)]
  )
  func `the pages that a range touches`(offset: UInt64, length: UInt64, expected: UInt64) {
    var model = model()
    let range = AddressRange(start: base + offset, length: length)
    let answer = model.register(range, access: writing, by: model.first)
    #expect(answer.code == nil)
    #expect(model.chargedPages(of: model.first) == expected)
    if let region = answer.region { #expect(model.deregister(region) == nil) }
    #expect(model.chargedPages(of: model.first) == 0)
  }

  @Test func `overlapping regions each in full`() {
    var model = model()
    let regions = [pages(0, 8), pages(4, 8), pages(0, 8)]
      .map {
        model.register($0, access: writing, by: model.first).region
      }
    #expect(model.chargedPages(of: model.first) == 24)
    if let middle = regions[1] { #expect(model.deregister(middle) == nil) }
    #expect(model.chargedPages(of: model.first) == 16)
  }

  @Test func `nothing for an on-demand region of memory that is not there`() {
    var model = model(limit: 0)
    let answer = model.register(
      pages(100, 8),
      access: [.localWrite, .onDemand],
      by: model.first
    )
    #expect(answer.code == nil)
    #expect(model.chargedPages(of: model.first) == 0)
  }

  @Test func `as before when the memory is unmapped under a region`() {
    var model = model()
    _ = model.register(pages(0, 8), access: writing, by: model.first)
    model[memoryOf: model.first].unmap(pages(0, 8))
    #expect(model.chargedPages(of: model.first) == 8)
    #expect(model.register(pages(0, 8), access: writing, by: model.first).code == .EFAULT)
  }

  @Test func `one that deregisters twice with ENOENT and nothing else`() throws {
    var model = model()
    let region = try #require(
      model.register(pages(0, 1), access: writing, by: model.first).region
    )
    #expect(model.deregister(region) == nil)
    #expect(model.deregister(region) == .ENOENT)
    #expect(model.chargedPages(of: model.first) == 0)
  }
}

@Suite struct `The model of pinning refuses` {
  @Test(
    arguments: [
      (8 * 4096, 8, nil), (8 * 4096, 9, .ENOMEM), (8 * 4096 - 1, 8, .ENOMEM),
      (8 * 4096 - 1, 7, nil),
      (100, 1, .ENOMEM), (0, 1, .EPERM),
    ] as [(UInt64, UInt64, Errno?)]
  )
  func `what exceeds the limit, rounded down to pages`(
    limit: UInt64,
    count: UInt64,
    code: Errno?
  ) {
    let model = model(limit: limit)
    #expect(model.answer(to: model.first, registering: pages(0, count), access: writing) == code)
  }

  @Test func `nothing for a limit where CAP_IPC_LOCK is held, and again once it is dropped`() {
    var model = model(limit: 0, privileged: true)
    #expect(model.register(pages(0, 64), access: writing, by: model.first).code == nil)
    model.setPrivileged(false, of: model.first)
    #expect(model.register(pages(0, 1), access: writing, by: model.first).code == .EPERM)
    model.setLimit(16 * 4096, of: model.first)
    #expect(model.register(pages(0, 1), access: writing, by: model.first).code == .ENOMEM)
    #expect(model.chargedPages(of: model.first) == 64)
  }

  @Test(
    arguments: [
      (base, 0), (base, .max), (base, 0 &- base), (base, 1 << 47), (0, 1 << 45),
    ] as [(UInt64, UInt64)]
  )
  func `nothing, wrapping and 2^32 pages with EINVAL`(start: UInt64, length: UInt64) {
    let model = model()
    let range = AddressRange(start: start, length: length)
    #expect(model.answer(to: model.first, registering: range, access: writing) == .EINVAL)
  }

  @Test func `nothing of a range without bytes on a driver that has none`() {
    let inside = AddressRange(start: base + 5, length: 0)
    for accepts in [true, false] {
      let model = model(KernelBehaviour(acceptsEmptyRanges: accepts))
      let answer = model.answer(to: model.first, registering: inside, access: writing)
      #expect(answer == (accepts ? nil : .EINVAL))
    }
  }

  @Test
  func `by a driver's own limit the same with and without CAP_IPC_LOCK, which is never EPERM`() {
    for isPrivileged in [true, false] {
      let behaviour = KernelBehaviour(limitsByItself: true)
      var model = model(behaviour, limit: 16 * 4096, privileged: isPrivileged)
      func answer(_ range: AddressRange) -> Errno? {
        model.answer(to: model.first, registering: range, access: writing)
      }
      #expect(answer(pages(0, 16)) == nil)
      #expect(answer(pages(0, 17)) == .ENOMEM)
      #expect(answer(AddressRange(start: base, length: .max)) == .ENOMEM)
      model.setLimit(0, of: model.first)
      #expect(answer(pages(0, 1)) == .ENOMEM)
    }
  }

  @Test func `a length beyond a driver's table before range and limit, if the driver looks first`()
  {
    let behaviour = KernelBehaviour(regionPageLimit: 32, judgesLengthFirst: true)
    let model = model(behaviour, limit: 0)
    func answer(_ range: AddressRange) -> Errno? {
      model.answer(to: model.first, registering: range, access: writing)
    }
    #expect(answer(AddressRange(start: base, length: .max)) == .ENOMEM)
    #expect(answer(pages(0, 33)) == .ENOMEM)
    // One page more than 2^35, of which 32 bits keep the one.
    #expect(answer(AddressRange(start: base + 5, length: 1 << 47)) == .EPERM)
    #expect(answer(pages(0, 32)) == .EPERM)
  }

  @Test(
    arguments: [
      (.remoteWrite, .EINVAL, .EINVAL), (.remoteAtomic, .EINVAL, .EINVAL),
      ([.localWrite, .zeroBased], nil, .EOPNOTSUPP), ([.localWrite, .hugetlb], nil, .EOPNOTSUPP),
      ([.localWrite, .onDemand], .EINVAL, nil), ([.localWrite, .relaxedOrdering], nil, nil),
    ] as [(AccessFlags, Errno?, Errno?)]
  )
  func `access by what 6.1 and later kernels know`(
    access: AccessFlags,
    onOld: Errno?,
    onNew: Errno?
  ) {
    for (behaviour, code) in [(old, onOld), (new, onNew)] {
      let model = model(behaviour)
      #expect(model.answer(to: model.first, registering: pages(0, 1), access: access) == code)
    }
  }

  @Test(
    arguments: [
      (.privateMemory, .write, nil, nil, nil, nil),
      (.privateMemory, .read, nil, .EFAULT, nil, .EFAULT),
      (.privateMemory, .none, nil, .EFAULT, .EFAULT, .EFAULT),
      (.sharedMemory, .write, nil, nil, nil, nil),
      (.sharedMemory, .read, .EFAULT, .EFAULT, nil, .EFAULT),
      (.sharedFile, .write, nil, nil, nil, .EFAULT),
      (.sharedFile, .read, .EFAULT, .EFAULT, nil, .EFAULT),
      (.hugetlb, .read, .EFAULT, .EFAULT, nil, .EFAULT), (.hugetlb, .write, nil, nil, nil, nil),
      (.directAccess, .write, .EOPNOTSUPP, .EOPNOTSUPP, .EOPNOTSUPP, .EOPNOTSUPP),
      (.unpinnable, .write, .EFAULT, .EFAULT, .EFAULT, .EFAULT),
    ] as [(AddressSpaceModel.Backing, AddressSpaceModel.Protection, Errno?, Errno?, Errno?, Errno?)]
  )
  func `memory by backing and protection, as measured on 6.1 and on later kernels`(
    backing: AddressSpaceModel.Backing,
    protection: AddressSpaceModel.Protection,
    oldReading: Errno?,
    oldWriting: Errno?,
    newReading: Errno?,
    newWriting: Errno?
  ) {
    for (behaviour, reading, writes) in [
      (old, oldReading, oldWriting), (new, newReading, newWriting),
    ] {
      let model = model(behaviour, backing, protection)
      let first = model.first
      #expect(model.answer(to: first, registering: pages(0, 8), access: [.remoteRead]) == reading)
      #expect(model.answer(to: first, registering: pages(0, 8), access: writing) == writes)
    }
  }

  @Test func `an iova with another offset in the page`() {
    let model = model()
    let range = AddressRange(start: base + 100, length: 10)
    let first = model.first
    #expect(model.answer(to: first, registering: range, access: writing, iova: 0x5064) == nil)
    #expect(model.answer(to: first, registering: range, access: writing, iova: 0x5065) == .EINVAL)
  }

  @Test func `more pages than the driver has room for, after every other question`() {
    var behaviour = new
    behaviour.regionPageLimit = 16
    let model = model(behaviour)
    #expect(model.answer(to: model.first, registering: pages(0, 16), access: writing) == nil)
    #expect(model.answer(to: model.first, registering: pages(0, 17), access: writing) == .ENOMEM)
    #expect(model.answer(to: model.first, registering: pages(50, 17), access: writing) == .EFAULT)
  }
}

@Suite struct `The model of several processes` {
  @Test func `charges who registers and uncharges the same, whoever deregisters`() throws {
    var model = model()
    let region = try #require(
      model.register(pages(0, 8), access: writing, by: model.first).region
    )
    let child = model.fork(model.first)
    #expect(model.chargedPages(of: child) == 0)
    _ = model.register(pages(0, 4), access: writing, by: child)
    #expect(model.chargedPages(of: child) == 4)
    #expect(model.deregister(region) == nil)
    #expect(model.chargedPages(of: model.first) == 0)
    #expect(model.chargedPages(of: child) == 4)
  }

  @Test func `keeps a dead child's pages pinned and shows them nowhere until the file closes`() {
    var model = model()
    let child = model.fork(model.first)
    _ = model.register(pages(0, 4), access: writing, by: child)
    model.exit(child)
    #expect(model.orphanedPages == 4)
    #expect(model.pinnedPages == 4)
    #expect(model.chargedPages(of: model.first) == 0)
    model.exit(model.first)
    #expect(model.pinnedPages == 0)
  }

  @Test func `moves pages with their backing and refuses to move what is not one mapping`() {
    var model = model()
    model[memoryOf: model.first].map(pages(8, 8), .sharedMemory, .read)
    let acrossMappings = model[memoryOf: model.first].move(pages(4, 8), to: base + 32 * 4096)
    #expect(!acrossMappings)
    let withinOne = model[memoryOf: model.first].move(pages(8, 8), to: base + 32 * 4096)
    #expect(withinOne)
    let first = model.first
    #expect(model.answer(to: first, registering: pages(8, 8), access: writing) == .EFAULT)
    #expect(model.answer(to: first, registering: pages(32, 8), access: [.remoteRead]) == nil)
    #expect(model.answer(to: first, registering: pages(32, 8), access: writing) == .EFAULT)
  }

  @Test func `does not count on a mapping to merge again after it was split`() {
    var memory = AddressSpaceModel()
    memory.map(pages(0, 8), .privateMemory, .write)
    let isSplit = memory.protect(pages(4, 2), .none)
    let isRestored = memory.protect(pages(0, 8), .write)
    #expect(isSplit && isRestored)
    let acrossTheSplit = memory.move(pages(0, 8), to: base + 32 * 4096)
    let belowIt = memory.move(pages(0, 4), to: base + 32 * 4096)
    #expect(!acrossTheSplit && belowIt)
  }
}
