import HostMemory

/// Who has pinned what at one moment; a line of `memreg top --json` as it stands.
struct TopSample: Encodable {
  let schema = "memreg.top/1"
  var timeUnixNs: UInt64
  /// Pins outstanding in the whole system, of every kind (FOLL_PIN); `nil` where the kernel does not count them.
  var systemPinnedBytes: Int64?
  /// `VmPin` of all processes together.
  var accountedBytes: Int64
  var processes: [Process]
  var devices: [Device] = []

  /// Pins that no process's `VmPin` accounts for: of ended processes, of O_DIRECT, of vfio and others.
  var unaccountedBytes: Int64? { systemPinnedBytes.map { $0 - accountedBytes } }

  /// The memory regions on one device, whoever made them.
  struct Device: Encodable {
    var device: String
    var mrs: Int
    var mrBytes: UInt64
  }

  struct Process: Encodable {
    var pid: Int32
    var name: String
    var user: String
    /// `VmPin`; below zero if the kernel uncharged more than it charged.
    var pinnedBytes: Int64
    var lockedBytes: UInt64
    /// RLIMIT_MEMLOCK; `nil` where it is unlimited or another user's secret.
    var limitBytes: UInt64?
    /// Whether the limit binds: not where the kernel grants the process CAP_IPC_LOCK.
    var limitBinds: Bool
    var mrs: Int
    var mrBytes: UInt64
    var devices: [String]
    /// Bytes pinned per second since the sample before; `nil` in the first.
    var pinnedBytesPerSecond: Int64?

    var headroomBytes: UInt64? {
      limitBinds ? limitBytes.map { $0 - min($0, UInt64(clamping: pinnedBytes)) } : nil
    }

    /// What is pinned beyond the lengths of the regions: other pinners, and the rest of pages touched in part.
    var residualBytes: Int64 { pinnedBytes - Int64(clamping: mrBytes) }

    private enum CodingKeys: String, CodingKey {
      case pid, name, user, pinnedBytes, lockedBytes, limitBytes, limitBinds, headroomBytes, mrs
      case mrBytes, devices, residualBytes, pinnedBytesPerSecond
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(pid, forKey: .pid)
      try container.encode(name, forKey: .name)
      try container.encode(user, forKey: .user)
      try container.encode(pinnedBytes, forKey: .pinnedBytes)
      try container.encode(lockedBytes, forKey: .lockedBytes)
      try container.encode(limitBytes, forKey: .limitBytes)
      try container.encode(limitBinds, forKey: .limitBinds)
      try container.encode(headroomBytes, forKey: .headroomBytes)
      try container.encode(mrs, forKey: .mrs)
      try container.encode(mrBytes, forKey: .mrBytes)
      try container.encode(devices, forKey: .devices)
      try container.encode(residualBytes, forKey: .residualBytes)
      try container.encode(pinnedBytesPerSecond, forKey: .pinnedBytesPerSecond)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case schema, timeUnixNs, systemPinnedBytes, accountedBytes, unaccountedBytes, processes
    case devices
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(timeUnixNs, forKey: .timeUnixNs)
    try container.encode(systemPinnedBytes, forKey: .systemPinnedBytes)
    try container.encode(accountedBytes, forKey: .accountedBytes)
    try container.encode(unaccountedBytes, forKey: .unaccountedBytes)
    try container.encode(processes, forKey: .processes)
    try container.encode(devices, forKey: .devices)
  }
}
