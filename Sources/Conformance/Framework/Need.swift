import Diagnosis
public import Fixtures
import Glibc
import HostMemory
public import LinuxSystem
import Verbs

/// Something that a check cannot do without; where it is missing the check is skipped with the reason.
public enum Need: Sendable, Equatable {
  /// CAP_IPC_LOCK, CAP_SYS_ADMIN or another capability, in the initial user namespace.
  case capability(Capability)
  /// The folded FOLL_PIN counters and page frames, which only root may read.
  case systemCounters
  /// Free huge pages of 2 MiB in the pool.
  case hugePages(UInt64)
  /// Transparent huge pages.
  case transparentHugePages
  /// On-demand paging of the device.
  case onDemandPaging
  /// Atomic operations of the device.
  case atomics
  /// Datagrams, and the address handles that name their receivers.
  case datagrams
  /// Memory windows of type 2.
  case memoryWindows
  /// A memlock limit of so many pages, or the capability that lifts it.
  case memlock(pages: UInt64)
  /// That the system may be disturbed for a moment.
  case change(SystemChange)
  /// A file that the kernel has only when the feature is there.
  case path(String, String)

  func missing(in context: CheckContext) throws -> String? {
    switch self {
    case .capability(let capability):
      return try capability.isGranted ? nil : "needs \(capability.kernelName)"
    case .systemCounters:
      return context.canFoldCounters ? nil : "needs root, to fold the FOLL_PIN counters"
    case .hugePages(let count):
      let free = HugePageSize.twoMebibytes.freePages ?? 0
      return free >= count ? nil : "needs \(count) free huge pages of 2 MiB, the pool has \(free)"
    case .transparentHugePages:
      let state = TextFile.firstLine("/sys/kernel/mm/transparent_hugepage/enabled")
      return state.map { $0.contains("[never]") ? "transparent huge pages are off" : nil }
        ?? "this kernel has no transparent huge pages"
    case .onDemandPaging:
      return try context.behaviour.onDemand == nil ? nil : "the device has no on-demand paging"
    case .atomics:
      return try context.hasAtomics ? nil : "the device has no atomics"
    case .datagrams:
      return try context.hasDatagrams ? nil : "the device has no datagrams"
    case .memoryWindows:
      let flags: DeviceCapabilities = [.memoryWindow2A, .memoryWindow2B]
      let all = try context.domain.context.attributes().capabilities
      return all.isDisjoint(with: flags) ? "the device has no memory windows of type 2" : nil
    case .memlock(let pages):
      if try Capability.ipcLock.isGranted { return nil }
      guard let limit = try Memlock().pages, limit < pages else { return nil }
      return "needs a memlock limit of \(pages) pages, it is \(limit)"
    case .change(let change): return change.refusal
    case .path(let path, let reason):
      return unsafe access(path, F_OK) == 0 ? nil : reason
    }
  }
}

extension Capability {
  var kernelName: String {
    switch self {
    case .netAdmin: "CAP_NET_ADMIN"
    case .ipcLock: "CAP_IPC_LOCK"
    case .sysModule: "CAP_SYS_MODULE"
    case .sysPtrace: "CAP_SYS_PTRACE"
    case .sysAdmin: "CAP_SYS_ADMIN"
    case .sysResource: "CAP_SYS_RESOURCE"
    }
  }
}

extension CheckContext {
  /// Whether the device claims atomic operations of any kind.
  var hasAtomics: Bool {
    get throws { try domain.context.attributes().atomics != .none }
  }

  /// Whether a datagram can be addressed: iWARP carries streams only.
  var hasDatagrams: Bool {
    get throws { try !domain.context.isIWARP }
  }
}
