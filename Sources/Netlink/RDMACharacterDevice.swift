internal import CNetlink

/// The character device through which user space reaches an RDMA device.
public struct RDMACharacterDevice: Hashable, Sendable {
  /// The name under /dev/infiniband, such as `uverbs0`.
  public let name: String
  /// The driver by its number in `enum rdma_driver_id`.
  public let driverID: UInt32?

  init?(_ attributes: NetlinkAttributes) {
    guard let name = attributes.text(RDMA_NLDEV_ATTR_CHARDEV_NAME.rawValue) else { return nil }
    self.name = name
    driverID = attributes.number(RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID.rawValue)
  }

  /// The driver's name, such as `rxe` or `mlx5`; "driver N" for a number without a name here.
  public var driver: String? {
    driverID.map {
      RDMACharacterDevice.drivers.indices.contains(Int($0))
        ? RDMACharacterDevice.drivers[Int($0)] : "driver \($0)"
    }
  }

  /// In the order of `enum rdma_driver_id`, whose numbers are the kernel's ABI.
  private static let drivers = [
    "unknown", "mlx5", "mlx4", "cxgb3", "cxgb4", "mthca", "bnxt_re", "ocrdma", "nes", "irdma",
    "vmw_pvrdma", "qedr", "hns", "usnic", "rxe", "hfi1", "qib", "efa", "siw", "erdma", "mana",
  ]
}
