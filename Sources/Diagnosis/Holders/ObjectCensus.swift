import LinuxSystem
package import Netlink

/// The objects on a device by the process whose thread made them.
package struct ObjectCensus: Sendable {
  package private(set) var byProcess: [Int32: HeldObjects] = [:]
  /// Objects whose maker the kernel does not tell: the thread has ended, or is not visible here.
  package private(set) var unattributed = HeldObjects()
  private var processes: [Int32: Int32?] = [:]

  /// Asks the kernel for every kind of object on `device`.
  package init(of device: RDMADevice, _ netlink: borrowing RDMANetlink) throws(NetlinkError) {
    try count(netlink, device, ContextResource.self) {
      $0.contexts += 1; _ = $1
    }
    try count(netlink, device, ProtectionDomainResource.self) {
      $0.pds += 1; _ = $1
    }
    try count(netlink, device, MemoryRegionResource.self) {
      $0.mrs += 1
      $0.mrBytes += $1.length
    }
    try count(netlink, device, QueuePairResource.self) {
      $0.qps += 1; _ = $1
    }
    try count(netlink, device, CompletionQueueResource.self) {
      $0.cqs += 1; _ = $1
    }
    try count(netlink, device, ConnectionResource.self) {
      $0.cmIds += 1; _ = $1
    }
  }

  private mutating func count<Resource: RDMAResource>(
    _ netlink: borrowing RDMANetlink,
    _ device: RDMADevice,
    _ kind: Resource.Type,
    _ add: (inout HeldObjects, Resource) -> Void
  ) throws(NetlinkError) {
    for resource in try netlink.resources(kind, of: device) {
      switch resource.owner {
      case .kernel: continue
      case .unknown: add(&unattributed, resource)
      case .thread(let thread):
        if let process = process(of: thread) {
          add(&byProcess[process, default: HeldObjects()], resource)
        } else {
          add(&unattributed, resource)
        }
      }
    }
  }

  private mutating func process(of thread: Int32) -> Int32? {
    if let known = processes[thread] { return known }
    let process = (try? ProcessStatus(ofProcess: thread))?.processID
    processes[thread] = process
    return process
  }
}
