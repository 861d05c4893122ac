internal import CNetlink

/// A kind of object that the kernel's resource tracking lists per device.
public enum ResourceKind: Sendable {
  /// Open contexts of user space verbs, one for each time a device was opened; since Linux 5.14.
  case contexts
  /// Protection domains.
  case protectionDomains
  /// Memory regions.
  case memoryRegions
  /// Queue pairs.
  case queuePairs
  /// Completion queues.
  case completionQueues
  /// Connection identifiers of rdma_cm.
  case connections

  /// The command that lists them, and the attribute of its table, behind which is that of an entry.
  var codes: (command: rdma_nldev_command, table: rdma_nldev_attr) {
    switch self {
    case .contexts: (RDMA_NLDEV_CMD_RES_CTX_GET, RDMA_NLDEV_ATTR_RES_CTX)
    case .protectionDomains: (RDMA_NLDEV_CMD_RES_PD_GET, RDMA_NLDEV_ATTR_RES_PD)
    case .memoryRegions: (RDMA_NLDEV_CMD_RES_MR_GET, RDMA_NLDEV_ATTR_RES_MR)
    case .queuePairs: (RDMA_NLDEV_CMD_RES_QP_GET, RDMA_NLDEV_ATTR_RES_QP)
    case .completionQueues: (RDMA_NLDEV_CMD_RES_CQ_GET, RDMA_NLDEV_ATTR_RES_CQ)
    case .connections: (RDMA_NLDEV_CMD_RES_CM_ID_GET, RDMA_NLDEV_ATTR_RES_CM_ID)
    }
  }

  /// The name in the kernel's summary.
  var summaryName: String {
    switch self {
    case .contexts: "ctx"
    case .protectionDomains: "pd"
    case .memoryRegions: "mr"
    case .queuePairs: "qp"
    case .completionQueues: "cq"
    case .connections: "cm_id"
    }
  }
}
