internal import CVerbs

/// How many objects of each kind a device claims to hold (`struct ibv_device_attr`), in the field's own words.
public struct DeviceLimits: Equatable, Sendable {
  /// Memory regions.
  public let maxMR: Int32
  /// Memory windows.
  public let maxMW: Int32
  /// Protection domains.
  public let maxPD: Int32
  /// Queue pairs.
  public let maxQP: Int32
  /// Work requests outstanding on one queue of a queue pair.
  public let maxQPWR: Int32
  /// Scatter/gather entries of a work request.
  public let maxSGE: Int32
  /// Scatter/gather entries of an RDMA READ.
  public let maxSGERead: Int32
  /// Completion queues.
  public let maxCQ: Int32
  /// Entries of a completion queue.
  public let maxCQE: Int32
  /// Shared receive queues.
  public let maxSRQ: Int32
  /// Work requests outstanding on a shared receive queue.
  public let maxSRQWR: Int32
  /// Scatter/gather entries of a shared receive queue.
  public let maxSRQSGE: Int32
  /// Address handles.
  public let maxAH: Int32
  /// RDMA READs and atomics outstanding as target of one queue pair.
  public let maxQPReadAtomics: Int32
  /// RDMA READs and atomics outstanding as initiator of one queue pair.
  public let maxQPInitiatedReadAtomics: Int32
  /// RDMA READs and atomics outstanding as target of the whole device.
  public let maxDeviceReadAtomics: Int32
  /// Multicast groups.
  public let maxMulticastGroups: Int32
  /// Queue pairs attached to one multicast group.
  public let maxMulticastQPAttach: Int32
  /// Queue pairs attached to multicast groups altogether.
  public let maxTotalMulticastQPAttach: Int32
  /// Partition keys of a port.
  public let maxPKeys: UInt16
  /// The exponent of the time to acknowledge, 4.096 µs times two to it.
  public let localCAAckDelay: UInt8
  /// Memory of the device itself that can be allocated, in bytes.
  public let maxDeviceMemory: UInt64

  init(_ raw: ibv_device_attr_ex) {
    let basic = raw.orig_attr
    maxMR = basic.max_mr
    maxMW = basic.max_mw
    maxPD = basic.max_pd
    maxQP = basic.max_qp
    maxQPWR = basic.max_qp_wr
    maxSGE = basic.max_sge
    maxSGERead = basic.max_sge_rd
    maxCQ = basic.max_cq
    maxCQE = basic.max_cqe
    maxSRQ = basic.max_srq
    maxSRQWR = basic.max_srq_wr
    maxSRQSGE = basic.max_srq_sge
    maxAH = basic.max_ah
    maxQPReadAtomics = basic.max_qp_rd_atom
    maxQPInitiatedReadAtomics = basic.max_qp_init_rd_atom
    maxDeviceReadAtomics = basic.max_res_rd_atom
    maxMulticastGroups = basic.max_mcast_grp
    maxMulticastQPAttach = basic.max_mcast_qp_attach
    maxTotalMulticastQPAttach = basic.max_total_mcast_qp_attach
    maxPKeys = basic.max_pkeys
    localCAAckDelay = basic.local_ca_ack_delay
    maxDeviceMemory = raw.max_dm_size
  }
}
