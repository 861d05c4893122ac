internal import CNetlink

/// A kind of object that the kernel's resource tracking lists per device.
public protocol RDMAResource: Sendable {
  /// The command and attribute codes of the listing.
  static var codes: ResourceCodes { get }
  /// Reads one entry of the listing; what the kernel withholds is `nil`.
  init(_ attributes: ResourceAttributes)
  /// Who made the object.
  var owner: ResourceOwner { get }
}

/// The codes of one listing in the kernel's netlink.
public struct ResourceCodes: Sendable {
  let command: rdma_nldev_command
  let table: UInt32
  let entry: UInt32

  init(_ command: rdma_nldev_command, _ table: rdma_nldev_attr, _ entry: rdma_nldev_attr) {
    self.command = command
    self.table = table.rawValue
    self.entry = entry.rawValue
  }
}

/// The attributes of one entry of a listing.
public struct ResourceAttributes: Sendable {
  let raw: NetlinkAttributes

  init(_ raw: NetlinkAttributes) { self.raw = raw }

  func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: rdma_nldev_attr,
    as: Value.Type = Value.self
  ) -> Value? {
    raw.number(type.rawValue)
  }
}
