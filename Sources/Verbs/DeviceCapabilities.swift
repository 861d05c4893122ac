/// Optional features of a device (`enum ibv_device_cap_flags` and, above bit 31, `device_cap_flags_ex`).
public struct DeviceCapabilities: OptionSet, Hashable, Sendable, NamedBits {
  /// The bits as the kernel gives them.
  public let rawValue: UInt64

  /// Takes any bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Memory windows of type 1 (`IBV_DEVICE_MEM_WINDOW`).
  public static let memoryWindow = DeviceCapabilities(rawValue: 1 << 17)
  /// Fast registration and local invalidation by work request (`IBV_DEVICE_MEM_MGT_EXTENSIONS`).
  public static let memoryManagementExtensions = DeviceCapabilities(rawValue: 1 << 21)
  /// Memory windows of type 2A (`IBV_DEVICE_MEM_WINDOW_TYPE_2A`).
  public static let memoryWindow2A = DeviceCapabilities(rawValue: 1 << 23)
  /// Memory windows of type 2B (`IBV_DEVICE_MEM_WINDOW_TYPE_2B`).
  public static let memoryWindow2B = DeviceCapabilities(rawValue: 1 << 24)
  /// Atomic writes of 8 bytes (`IB_DEVICE_ATOMIC_WRITE`).
  public static let atomicWrite = DeviceCapabilities(rawValue: 1 << 40)

  /// The names of the features, as `ibv_devinfo -v` spells them, in lower case.
  public var featureNames: [String] { nameList }

  static let names: [(bit: DeviceCapabilities, name: String)] = [
    (0, "resize_max_wr"), (1, "bad_pkey_cntr"), (2, "bad_qkey_cntr"), (3, "raw_multi"),
    (4, "auto_path_mig"), (5, "change_phy_port"), (6, "ud_av_port_enforce"),
    (7, "curr_qp_state_mod"), (8, "shutdown_port"), (9, "init_type"), (10, "port_active_event"),
    (11, "sys_image_guid"), (12, "rc_rnr_nak_gen"), (13, "srq_resize"), (14, "n_notify_cq"),
    (17, "mem_window"), (18, "ud_ip_csum"), (20, "xrc"), (21, "mem_mgt_extensions"),
    (23, "mem_window_type_2a"), (24, "mem_window_type_2b"), (25, "rc_ip_csum"),
    (26, "raw_ip_csum"), (29, "managed_flow_steering"), (34, "raw_scatter_fcs"),
    (36, "pci_write_end_padding"), (38, "flush_global"), (39, "flush_persistent"),
    (40, "atomic_write"),
  ]
  .map { (DeviceCapabilities(rawValue: 1 << UInt64($0.0)), $0.1) }
}
