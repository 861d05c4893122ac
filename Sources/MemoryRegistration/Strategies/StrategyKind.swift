/// The ways to make memory usable by a device, each with a policy of its own about pinning.
public enum StrategyKind: String, Sendable, CaseIterable {
  /// A pinned memory region (`ibv_reg_mr_iova2`).
  case verbs
  /// An on-demand memory region: nothing is pinned.
  case odp
  /// An io_uring fixed buffer (`IORING_REGISTER_BUFFERS`), which needs no RDMA device.
  case ioUring = "io_uring"
  /// Not registering at all: the data is copied through memory that is registered already.
  case copy
}
