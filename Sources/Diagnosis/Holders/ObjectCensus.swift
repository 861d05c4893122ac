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
    try count(netlink, device, .contexts) { held, _ in held.contexts += 1 }
    try count(netlink, device, .protectionDomains) { held, _ in held.pds += 1 }
    try count(netlink, device, .memoryRegions) { held, region in
      held.mrs += 1
      held.mrBytes += region.length ?? 0
    }
    try count(netlink, device, .queuePairs) { held, _ in held.qps += 1 }
    try count(netlink, device, .completionQueues) { held, _ in held.cqs += 1 }
    try count(netlink, device, .connections) { held, _ in held.cmIds += 1 }
  }

  private mutating func count(
    _ netlink: borrowing RDMANetlink,
    _ device: RDMADevice,
    _ kind: ResourceKind,
    _ add: (inout HeldObjects, RDMAResource) -> Void
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
