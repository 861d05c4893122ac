public import Diagnosis
import Glibc
public import HostMemory
public import LinuxSystem
public import Verbs

/// What the kernel must say to a sequence of registrations, and what it must charge: the rules of
/// `__ib_umem_get_va()` over a model of each process's address space, with no system call.
public struct PinModel: Sendable {
  /// A process that the model knows.
  public struct ProcessID: Hashable, Sendable { let number: Int }

  /// A region that the model knows.
  public struct RegionID: Hashable, Sendable { let number: Int }

  private struct Account: Sendable {
    var memory = AddressSpaceModel()
    var softLimitBytes: UInt64?
    var isPrivileged: Bool
    var chargedPages: UInt64 = 0
    var isAlive = true
    var holdsDevice = true
  }

  private struct Region: Sendable {
    let owner: ProcessID
    let chargedPages: UInt64
  }

  /// In what kernels differ.
  public let behaviour: KernelBehaviour
  /// The process that the model begins with.
  public let first = ProcessID(number: 0)
  private var accounts: [Account]
  private var regions: [RegionID: Region] = [:]
  private var registered = 0

  /// Begins with one process that has mapped nothing and opened the device.
  public init(
    _ behaviour: KernelBehaviour,
    softLimitBytes: UInt64? = nil,
    isPrivileged: Bool = false
  ) {
    self.behaviour = behaviour
    accounts = [Account(softLimitBytes: softLimitBytes, isPrivileged: isPrivileged)]
  }

  /// Base pages charged to `process` (`VmPin`); of one that has ended, what nobody can see any more.
  public func chargedPages(of process: ProcessID) -> UInt64 {
    accounts[process.number].chargedPages
  }

  /// Base pages pinned by all regions, whoever is charged for them.
  public var pinnedPages: UInt64 { regions.values.reduce(0) { $0 + $1.chargedPages } }

  /// Base pages pinned by regions whose owner has ended, so that no process's `VmPin` shows them.
  public var orphanedPages: UInt64 {
    regions.values.reduce(0) { $0 + (accounts[$1.owner.number].isAlive ? 0 : $1.chargedPages) }
  }

  /// The memory of `process` as the model sees it; changed by what the process maps.
  public subscript(memoryOf process: ProcessID) -> AddressSpaceModel {
    get { accounts[process.number].memory }
    _modify { yield &accounts[process.number].memory }
  }

  /// Sets the soft RLIMIT_MEMLOCK of `process`, `nil` being unlimited; regions that exist stay.
  public mutating func setLimit(_ bytes: UInt64?, of process: ProcessID) {
    accounts[process.number].softLimitBytes = bytes
  }

  /// Gives or takes CAP_IPC_LOCK in the initial user namespace; regions that exist stay.
  public mutating func setPrivileged(_ isPrivileged: Bool, of process: ProcessID) {
    accounts[process.number].isPrivileged = isPrivileged
  }

  /// The errno that `process` gets for registering, `nil` for success; changes nothing.
  public func answer(
    to process: ProcessID,
    registering range: AddressRange,
    access: AccessFlags,
    iova: UInt64? = nil
  ) -> Errno? {
    let account = accounts[process.number]
    guard account.holdsDevice else { return .EBADF }
    if let refusal = refusalOfAccess(range, access, iova) { return refusal }
    if access.contains(.onDemand) {
      return range.pages == 0 || isBeyondAddresses(range) ? .EINVAL : nil
    }
    if let refusal = refusal(of: range, charging: account) { return refusal }
    let writing = access.pinsForWriting
    if let fault = account.memory.answer(pinning: range, writing: writing, by: behaviour) {
      return fault
    }
    if let most = behaviour.regionPageLimit, range.pages > most { return .ENOMEM }
    return nil
  }

  /// Registers as the kernel would: the region, or the errno with nothing charged.
  public mutating func register(
    _ range: AddressRange,
    access: AccessFlags,
    iova: UInt64? = nil,
    by process: ProcessID
  ) -> (region: RegionID?, code: Errno?) {
    let code = answer(to: process, registering: range, access: access, iova: iova)
    if let code { return (nil, code) }
    let pages = access.contains(.onDemand) ? 0 : range.pages
    let region = RegionID(number: registered)
    registered += 1
    regions[region] = Region(owner: process, chargedPages: pages)
    accounts[process.number].chargedPages += pages
    return (region, nil)
  }

  /// Deregisters, whoever does it: the owner's charge falls. ENOENT for a region that is gone.
  public mutating func deregister(_ region: RegionID) -> Errno? {
    guard let gone = regions.removeValue(forKey: region) else { return .ENOENT }
    accounts[gone.owner.number].chargedPages -= gone.chargedPages
    return nil
  }

  /// Forks `process`: the child has its memory, limits and descriptors, and a charge of zero.
  public mutating func fork(_ process: ProcessID) -> ProcessID {
    var child = accounts[process.number]
    child.chargedPages = 0
    accounts.append(child)
    return ProcessID(number: accounts.count - 1)
  }

  /// Ends `process`. Its regions go when no other process holds the device file, else they stay pinned unseen.
  public mutating func exit(_ process: ProcessID) {
    accounts[process.number].isAlive = false
    accounts[process.number].holdsDevice = false
    accounts[process.number].memory = AddressSpaceModel()
    guard !accounts.contains(where: \.holdsDevice) else { return }
    for region in regions.keys { _ = deregister(region) }
  }

  private func refusal(of range: AddressRange, charging account: Account) -> Errno? {
    if range.length == 0, !behaviour.acceptsEmptyRanges { return .EINVAL }
    let isOver = account.softLimitBytes.map {
      let (sum, wraps) = account.chargedPages.addingReportingOverflow(range.pages)
      return wraps || sum > $0 / UInt64(BasePage.size)
    }
    if behaviour.limitsByItself {
      return isBeyondAddresses(range) || isOver ?? false || range.pages > UInt64(Int32.max)
        ? .ENOMEM : nil
    }
    if behaviour.judgesLengthFirst, let most = behaviour.regionPageLimit {
      // The driver counts in 32 bits, in which no page is the most there are.
      let last = UInt32(truncatingIfNeeded: range.pages) &- 1
      if UInt64(last) >= most { return .ENOMEM }
    }
    if isBeyondAddresses(range) { return .EINVAL }
    if account.softLimitBytes == 0, !account.isPrivileged { return .EPERM }
    guard range.pages > 0, range.pages <= UInt64(UInt32.max) else { return .EINVAL }
    return isOver ?? false && !account.isPrivileged ? .ENOMEM : nil
  }

  private func isBeyondAddresses(_ range: AddressRange) -> Bool {
    let (end, wraps) = range.start.addingReportingOverflow(range.length)
    return wraps || end > UInt64.max - (UInt64(BasePage.size) - 1)
  }

  private func refusalOfAccess(
    _ range: AddressRange,
    _ access: AccessFlags,
    _ iova: UInt64?
  ) -> Errno? {
    let mask = UInt64(BasePage.size) - 1
    if let iova, iova & mask != range.start & mask { return .EINVAL }
    if !access.isDisjoint(with: [.remoteWrite, .remoteAtomic]), !access.contains(.localWrite) {
      return .EINVAL
    }
    if access.contains(.onDemand), let code = behaviour.onDemand { return code }
    if !access.isDisjoint(with: [.zeroBased, .hugetlb]), !behaviour.acceptsZeroBased {
      return .EOPNOTSUPP
    }
    return nil
  }
}
