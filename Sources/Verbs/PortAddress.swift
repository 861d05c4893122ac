internal import CVerbs
import Glibc
import LinuxSystem

/// How a port of a device is reached: its LID, and the GID that fits the link.
public struct PortAddress: Sendable {
  /// The number of the port, from 1.
  public let port: UInt8
  /// The local identifier; zero on Ethernet.
  public let lid: UInt16
  /// Where the GID stands in the port's table, and what it is.
  public let gid: GIDEntry
  /// The payload of the largest packet the link carries, in bytes.
  public let mtu: UInt32
  /// Whether packets need a GID to find their way (RoCE).
  public let isEthernet: Bool

  /// Queries a port; throws ENODEV where an Ethernet port has no RoCE v2 address, or what the query leaves.
  ///
  /// On Ethernet the GID is the first of type RoCE v2, one mapped from IPv4 before others.
  public init(of context: DeviceContext, port: UInt8 = 1) throws(VerbsError) {
    let attributes = try context.port(port)
    let isEthernet = attributes.linkLayer == .ethernet
    let table = try context.gidTable(capacity: 1024)
      .filter { $0.port == UInt32(port) && (!isEthernet || $0.type == .roceV2) }
    guard let gid = table.first(where: { $0.gid.mappedIPv4 != nil }) ?? table.first else {
      throw VerbsError("ibv_query_gid_table", code: .ENODEV)
    }
    self.port = port
    self.isEthernet = isEthernet
    self.gid = gid
    lid = attributes.lid
    mtu = attributes.activeMTU
  }

  /// The GID as packets carry it.
  var rawGID: ibv_gid {
    var raw = ibv_gid()
    unsafe raw.global.subnet_prefix = gid.gid.prefix.bigEndian
    unsafe raw.global.interface_id = gid.gid.interface.bigEndian
    return raw
  }

  /// The way to this port from `source`.
  func path(from source: PortAddress) -> ibv_ah_attr {
    var path = ibv_ah_attr()
    path.port_num = source.port
    path.dlid = lid
    path.is_global = source.isEthernet ? 1 : 0
    path.grh.dgid = rawGID
    path.grh.sgid_index = UInt8(truncatingIfNeeded: source.gid.index)
    path.grh.hop_limit = 64
    return path
  }

  /// `enum ibv_mtu` counts doublings from 128 bytes.
  static func code(ofMTU bytes: UInt32) -> ibv_mtu {
    ibv_mtu(UInt32(max(0, bytes.trailingZeroBitCount - 7)))
  }
}
