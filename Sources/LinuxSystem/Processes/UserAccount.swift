import Glibc

/// A user of the system and the groups that limits.conf can name it by.
public struct UserAccount: Equatable, Sendable {
  /// The login name.
  public let name: String
  /// The user id.
  public let id: UInt32
  /// The primary group's id.
  public let group: UInt32
  /// The names of all groups of the user.
  public let groups: [String]
  /// The ids of all groups of the user.
  public let groupIDs: [UInt32]

  /// Describes a user.
  public init(
    name: String,
    id: UInt32,
    group: UInt32,
    groups: [String],
    groupIDs: [UInt32] = []
  ) {
    self.name = name
    self.id = id
    self.group = group
    self.groups = groups
    self.groupIDs = groupIDs
  }

  /// Looks up a login name or, where there is no such name, a numeric id; `nil` for neither (`getpwnam(3)`).
  public init?(_ text: String) {
    if let entry = unsafe getpwnam(text) {
      unsafe self.init(entry)
    } else if let id = UInt32(text) {
      self.init(id: id)
    } else {
      return nil
    }
  }

  /// Looks up a user id, `nil` where the system knows none (`getpwuid(3)`).
  public init?(id: UInt32) {
    guard let entry = unsafe getpwuid(id) else { return nil }
    unsafe self.init(entry)
  }

  private init(_ entry: UnsafeMutablePointer<passwd>) {
    let name = unsafe entry.pointee.pw_name
    let group = unsafe entry.pointee.pw_gid
    var groups = [gid_t](repeating: 0, count: 256)
    var count = Int32(groups.count)
    let found = unsafe name.map { unsafe getgrouplist($0, group, &groups, &count) } ?? -1
    self.init(
      name: unsafe name.map { unsafe String(cString: $0) } ?? "",
      id: unsafe entry.pointee.pw_uid,
      group: group,
      groups: groups.prefix(max(0, Int(found))).compactMap(UserAccount.groupName),
      groupIDs: Array(groups.prefix(max(0, Int(found))))
    )
  }

  private static func groupName(_ id: gid_t) -> String? {
    guard let entry = unsafe getgrgid(id), let name = unsafe entry.pointee.gr_name else {
      return nil
    }
    return unsafe String(cString: name)
  }
}
