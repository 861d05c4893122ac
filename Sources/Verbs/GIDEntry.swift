internal import CVerbs
import LinuxSystem

/// One valid entry of a port's GID table (`struct ibv_gid_entry`).
public struct GIDEntry: Equatable, Sendable {
  /// The entry's index in the table, from 0.
  public let index: UInt32
  /// The port, from 1.
  public let port: UInt32
  /// The identifier.
  public let gid: GID
  /// How packets with it are made.
  public let type: GIDType
  /// The index of the network interface, 0 where there is none (InfiniBand).
  public let netdevIndex: UInt32

  init(_ raw: ibv_gid_entry) {
    index = raw.gid_index
    port = raw.port_num
    gid = unsafe GID(
      prefix: UInt64(bigEndian: raw.gid.global.subnet_prefix),
      interface: UInt64(bigEndian: raw.gid.global.interface_id)
    )
    type = GIDType(rawType: raw.gid_type)
    netdevIndex = raw.ndev_ifindex
  }
}

extension DeviceContext {
  /// All valid GIDs of all ports (`ibv_query_gid_table`), `capacity` being the sum of the ports' table lengths.
  public func gidTable(capacity: Int) throws(VerbsError) -> [GIDEntry] {
    var entries = [ibv_gid_entry](repeating: ibv_gid_entry(), count: max(capacity, 1))
    let count = unsafe ibv_query_gid_table(raw, &entries, entries.count, 0)
    guard count >= 0 else {
      throw VerbsError("ibv_query_gid_table", code: Errno(rawValue: Int32(-count)))
    }
    return entries.prefix(count).map { GIDEntry($0) }
  }
}
