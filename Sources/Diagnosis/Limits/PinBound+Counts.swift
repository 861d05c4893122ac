import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration

extension PinBound {
  /// More than any process can map: what a bound leaves that is a number of things of any size.
  private static let anySize: UInt64 = 1 << 47

  /// The memlock limit: for the process, or else for the drivers that CAP_IPC_LOCK does not lift it for.
  static func memlock(_ budget: PinBudget, on devices: [DeviceTraits]) -> [PinBound] {
    let page = UInt64(BasePage.size)
    guard let soft = budget.softBytes else { return [] }
    let headroom = soft / page - min(soft / page, budget.pinnedPages)
    func bound(_ place: String) -> PinBound {
      PinBound(
        .memlock,
        place: place,
        bytes: headroom * page,
        limitBytes: soft,
        usedBytes: budget.pinnedPages * page
      )
    }
    guard budget.isPrivileged else { return [bound("RLIMIT_MEMLOCK")] }
    let own = devices.filter(\.limitsByItself)
    return own.map { device in
      var bound = bound("RLIMIT_MEMLOCK on \(device.name)")
      bound.device = device.name
      bound.isOfOneDevice = own.count < devices.count
      return bound
    }
  }

  /// What is bounded by number, and the huge pages of control groups.
  static func counts(ofProcess pid: Int32?, on devices: [DeviceTraits]) -> [PinBound] {
    var bounds: [PinBound] = []
    if let used = try? MapCount.current(ofProcess: pid), let most = MapCount.limit {
      bounds.append(mappings(used, of: most))
    }
    for group in RDMAControlGroup.all(ofProcess: pid)
    where devices.isEmpty || devices.contains(where: { $0.name == group.device }) {
      if let most = group.objectLimit { bounds.append(objects(of: group, most)) }
      if let most = group.handleLimit { bounds.append(contexts(of: group, most, pid)) }
    }
    for size in HugePageSize.allCases {
      bounds += HugetlbControlGroup.all(pageBytes: size.rawValue, ofProcess: pid)
        .map { group in
          PinBound(
            .hugetlbControlGroup,
            place: group.group,
            setting: group.file,
            bytes: group.free / size.rawValue * size.rawValue,
            limitBytes: group.limit,
            usedBytes: group.current
          )
        }
    }
    return bounds
  }

  /// Mappings, of which a registration can take two: those that are left at both ends of a split one.
  static func mappings(_ used: UInt64, of most: UInt64) -> PinBound {
    var bound = PinBound(
      .mappings,
      place: "mappings",
      setting: "vm.max_map_count",
      bytes: used.adding(clamped: 2) >= most ? 0 : anySize
    )
    (bound.limitCount, bound.usedCount) = (most, used)
    return bound
  }

  static func objects(of group: RDMAControlGroup, _ most: UInt64) -> PinBound {
    var bound = PinBound(
      .objects,
      place: group.group,
      setting: group.file,
      bytes: group.isFull ? 0 : anySize
    )
    (bound.limitCount, bound.usedCount, bound.device) = (most, group.objects, group.device)
    return bound
  }

  // A process that has a context needs no other one.
  static func contexts(
    of group: RDMAControlGroup,
    _ most: UInt64,
    _ pid: Int32?
  ) -> PinBound {
    let lacks =
      group.hasNoHandle
      && (try? DeviceUse(ofProcess: pid ?? getpid()))?.descriptors.isEmpty != false
    var bound = PinBound(
      .contexts,
      place: group.group,
      setting: group.file,
      bytes: lacks ? 0 : anySize
    )
    (bound.limitCount, bound.usedCount, bound.device) = (most, group.handles, group.device)
    return bound
  }
}
