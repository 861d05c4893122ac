import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

/// The real kernel and the model side by side, taken through the same steps.
package final class FuzzWorld {
  private let arena: FuzzArena
  private let domain: ProtectionDomain
  private let charge: PinCounter
  private let start: Memlock
  private let canBePrivileged: Bool
  private(set) var model: PinModel
  private var live: [Int: (region: Holder, id: PinModel.RegionID)] = [:]

  /// A region in a dictionary.
  private final class Holder {
    private var region: MemoryRegion?

    init(_ region: consuming MemoryRegion) { self.region = consume region }

    func release() -> Errno? {
      guard let region = region.take() else { return .ENOENT }
      do throws(VerbsError) {
        try region.deregister()
        return nil
      } catch {
        return error.code
      }
    }
  }

  /// Starts a world in `domain`; `index` keeps the arenas of several threads apart.
  init(
    in domain: ProtectionDomain,
    behaviour: KernelBehaviour,
    index: Int = 0
  ) throws(SystemError) {
    self.domain = domain
    arena = try FuzzArena(index)
    charge = try PinCounter()
    start = try Memlock()
    canBePrivileged = try Capability.ipcLock.isPermitted && UserNamespace.isInitial
    model = PinModel(
      behaviour,
      softLimitBytes: start.soft,
      isPrivileged: try Capability.ipcLock.isGranted
    )
  }

  var liveNumbers: [Int] { live.keys.sorted() }

  /// Does one step both ways; what differs, or `nil`. With `comparesCharge`, `VmPin` is read after it.
  /// The errno of a registration is counted in `answers`.
  func step(
    _ operation: FuzzOperation,
    comparesCharge: Bool = true,
    answers: inout [Errno?: Int]
  ) throws(SystemError) -> String? {
    if let difference = try perform(operation, &answers) { return difference }
    guard comparesCharge else { return nil }
    return FuzzWorld.difference(
      "VmPin",
      expected: model.chargedPages(of: model.first),
      observed: try charge.pages
    )
  }

  /// What differs between the model's charge and the kernel's, or `nil`.
  package static func difference(_ subject: String, expected: UInt64, observed: Int) -> String? {
    guard UInt64(exactly: observed) != expected else { return nil }
    let defect = VmPin.defect(of: observed).map { ": \($0)" } ?? ""
    return "\(subject): expected \(expected) pages, observed \(observed) pages\(defect)"
  }

  /// Base pages that the model has charged to this process.
  var expectedPages: UInt64 { model.chargedPages(of: model.first) }

  /// Ends every region and mapping, and puts limit and capability back; the errno of a release that failed.
  func reset() throws(SystemError) -> Errno? {
    var failure: Errno?
    for number in liveNumbers {
      guard let entry = live.removeValue(forKey: number) else { continue }
      if let code = entry.region.release() { failure = code }
      _ = model.deregister(entry.id)
    }
    try arena.clear()
    model[memoryOf: model.first].unmap(arena.range)
    try start.apply()
    model.setLimit(start.soft, of: model.first)
    if canBePrivileged { try Capability.ipcLock.raiseEffective() }
    model.setPrivileged(canBePrivileged, of: model.first)
    return failure
  }

  private func perform(
    _ operation: FuzzOperation,
    _ answers: inout [Errno?: Int]
  ) throws(SystemError) -> String? {
    let me = model.first
    switch operation {
    case .map(let kind, let first, let count, let protection):
      try arena.map(kind, first, count, protection)
      model[memoryOf: me].map(arena.slice(first, count), kind.backing, protection)
    case .unmap(let first, let count):
      try arena.unmap(first, count)
      model[memoryOf: me].unmap(arena.slice(first, count))
    case .protect(let first, let count, let protection):
      guard model[memoryOf: me].protect(arena.slice(first, count), protection) else { return nil }
      if let code = arena.protect(first, count, protection) {
        return "mprotect: expected success, observed \(code.name)"
      }
    case .move(let first, let count, let target):
      guard abs(first - target) >= count,
        model[memoryOf: me].move(arena.slice(first, count), to: arena.slice(target, count).start)
      else { return nil }
      if let code = arena.move(first, count, to: target) {
        return "mremap: expected success, observed \(code.name)"
      }
    case .discard(let first, let count): arena.discard(first, count)
    case .register(let number, let offset, let length, let access):
      guard live[number] == nil else { return nil }
      return register(number, range(offset, length), access, &answers)
    case .deregister(let number):
      guard let entry = live.removeValue(forKey: number) else { return nil }
      return compare("deregister", model.deregister(entry.id), entry.region.release())
    case .limit(let bytes):
      try Memlock(soft: bytes ?? start.soft, hard: start.hard).apply()
      model.setLimit(bytes ?? start.soft, of: me)
    case .privilege(let isGiven):
      guard canBePrivileged else { return nil }
      if isGiven {
        try Capability.ipcLock.raiseEffective()
      } else {
        try Capability.ipcLock.dropEffective()
      }
      model.setPrivileged(isGiven, of: me)
    case .fork(let number, let offset, let length):
      return try fork(number, range(offset, length))
    }
    return nil
  }

  private func range(_ offset: UInt64, _ length: UInt64) -> AddressRange {
    AddressRange(start: arena.range.start &+ offset, length: length)
  }

  private func register(
    _ number: Int,
    _ range: AddressRange,
    _ access: AccessFlags,
    _ answers: inout [Errno?: Int]
  ) -> String? {
    let expected = model.register(range, access: access, by: model.first)
    answers[expected.code, default: 0] += 1
    do throws(VerbsError) {
      let region = try MemoryRegion(in: domain, range: range, access: access)
      if let id = expected.region { live[number] = (Holder(region), id) }
      return compare("register", expected.code, nil)
    } catch {
      if let id = expected.region { _ = model.deregister(id) }
      return compare("register", expected.code, error.code)
    }
  }

  private func fork(_ number: Int, _ range: AddressRange) throws(SystemError) -> String? {
    let child = model.fork(model.first)
    let inherited = live.removeValue(forKey: number)
    let expected = model.register(range, access: .full, by: child)
    let domain = domain
    let process = try Child { pipe in
      let own = try PinCounter()
      try pipe.send(own.pages)
      if let inherited { try pipe.send(inherited.region.release()) }
      let attempt = Result { () throws(VerbsError) in
        Holder(
          try MemoryRegion(in: domain, range: range, access: .full)
        )
      }
      switch attempt {
      case .success(let region):
        try pipe.send(nil)
        try pipe.send(own.pages)
        _ = region.release()
      case .failure(let error):
        try pipe.send(error.code)
        try pipe.send(own.pages)
      }
    }
    let before = try process.pipe.receive()
    var released: String?
    if let inherited {
      let code = try process.pipe.receiveFailure()
      released = compare("deregister in a child", model.deregister(inherited.id), code)
    }
    let code = try process.pipe.receiveFailure()
    let charged = try process.pipe.receive()
    let ending = try process.wait()
    let expectedCharge = model.chargedPages(of: child)
    if let region = expected.region { _ = model.deregister(region) }
    model.exit(child)
    let start = FuzzWorld.difference("VmPin of a fresh child", expected: 0, observed: before)
    if let start { return start }
    if let released { return released }
    if let difference = compare("register in a child", expected.code, code) { return difference }
    let end = FuzzWorld.difference("VmPin of a child", expected: expectedCharge, observed: charged)
    if let end { return end }
    return ending == .exited(0) ? nil : "child: expected exit, observed \(ending)"
  }

  private func compare(_ verb: String, _ expected: Errno?, _ observed: Errno?) -> String? {
    guard expected != observed else { return nil }
    return "\(verb): expected \(expected.outcome), observed \(observed.outcome)"
  }
}

extension FuzzOperation.Mapping {
  fileprivate var backing: AddressSpaceModel.Backing {
    switch self {
    case .anonymous, .memfdPrivate: .privateMemory
    case .shared, .memfd: .sharedMemory
    }
  }
}
