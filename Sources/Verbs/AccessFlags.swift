/// What a device may do with a memory region (`enum ibv_access_flags`); local reading is always allowed.
public struct AccessFlags: NamedBits, Hashable, Sendable {
  /// The bits of `include/uapi/rdma/ib_user_ioctl_verbs.h`.
  public let rawValue: UInt32

  /// Takes any bits: the kernel judges those that have no name here.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The device may write on behalf of this process (`IBV_ACCESS_LOCAL_WRITE`).
  public static let localWrite = AccessFlags(rawValue: 1 << 0)
  /// A peer may write; needs `localWrite` (`IBV_ACCESS_REMOTE_WRITE`).
  public static let remoteWrite = AccessFlags(rawValue: 1 << 1)
  /// A peer may read (`IBV_ACCESS_REMOTE_READ`).
  public static let remoteRead = AccessFlags(rawValue: 1 << 2)
  /// A peer may do atomics; needs `localWrite` (`IBV_ACCESS_REMOTE_ATOMIC`).
  public static let remoteAtomic = AccessFlags(rawValue: 1 << 3)
  /// Memory windows may be bound to the region (`IBV_ACCESS_MW_BIND`).
  public static let windowBind = AccessFlags(rawValue: 1 << 4)
  /// Addresses count from the region's start (`IBV_ACCESS_ZERO_BASED`).
  public static let zeroBased = AccessFlags(rawValue: 1 << 5)
  /// Nothing is pinned: pages fault in when the device touches them (`IBV_ACCESS_ON_DEMAND`).
  public static let onDemand = AccessFlags(rawValue: 1 << 6)
  /// The memory is of huge pages (`IBV_ACCESS_HUGETLB`).
  public static let hugetlb = AccessFlags(rawValue: 1 << 7)
  /// A peer may flush to global visibility (`IBV_ACCESS_FLUSH_GLOBAL`).
  public static let flushGlobal = AccessFlags(rawValue: 1 << 8)
  /// A peer may flush to persistence (`IBV_ACCESS_FLUSH_PERSISTENT`).
  public static let flushPersistent = AccessFlags(rawValue: 1 << 9)
  /// Writes may pass one another (`IBV_ACCESS_RELAXED_ORDERING`), ignored where unsupported.
  public static let relaxedOrdering = AccessFlags(rawValue: 1 << 20)

  /// Whether the kernel pins the pages for writing (`ib_access_writable()`).
  public var pinsForWriting: Bool {
    !isDisjoint(with: [.localWrite, .remoteWrite, .remoteAtomic, .windowBind])
  }

  static let names: [(bit: AccessFlags, name: String)] = [
    (.localWrite, "local-write"), (.remoteWrite, "remote-write"), (.remoteRead, "remote-read"),
    (.remoteAtomic, "remote-atomic"), (.windowBind, "mw-bind"), (.zeroBased, "zero-based"),
    (.onDemand, "on-demand"), (.hugetlb, "hugetlb"), (.flushGlobal, "flush-global"),
    (.flushPersistent, "flush-persistent"), (.relaxedOrdering, "relaxed-ordering"),
  ]

  /// The names that the command line accepts, in bit order.
  public static var allNames: [String] { names.map(\.name) }

  /// The flag of one name, or `nil`.
  public init?(name: String) {
    guard let known = AccessFlags.names.first(where: { $0.name == name }) else { return nil }
    self = known.bit
  }
}

extension AccessFlags: CustomStringConvertible {
  /// Names joined by commas, bits without a name in hexadecimal, "local-read" for none.
  public var description: String {
    isEmpty ? "local-read" : nameList.joined(separator: ",")
  }
}
