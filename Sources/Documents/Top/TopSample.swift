/// Who has pinned what at one moment: a line of `memreg top --json`.
package struct TopSample: Codable, Equatable, Sendable {
  /// The memory regions on one device, whoever made them.
  package struct Device: Codable, Equatable, Sendable {
    package var device: String
    package var mrs: Int
    package var mrBytes: UInt64

    package init(
      device: String,
      mrs: Int,
      mrBytes: UInt64
    ) {
      (self.device, self.mrs, self.mrBytes) = (device, mrs, mrBytes)
    }
  }

  /// One process that has pinned memory or has regions.
  package struct Process: Codable, Equatable, Sendable {
    package var pid: Int32
    package var name: String
    package var user: String
    /// The arguments with spaces between, of which the first 4 KiB are read; absent if hidden.
    package var commandLine: String?
    /// The path of the control group; absent if hidden, or without control groups.
    package var controlGroup: String?
    /// What the names of the control groups say of a Slurm job, a Pod and a container.
    package var slurmJob: UInt64?
    package var slurmStep: String?
    package var podUid: String?
    package var container: String?
    /// `VmPin`; below zero if the kernel uncharged more than it charged.
    package var pinnedBytes: Int64
    package var lockedBytes: UInt64
    /// RLIMIT_MEMLOCK; absent if it is unlimited or another user's secret.
    package var limitBytes: UInt64?
    /// Whether the limit binds: not if the kernel grants the process CAP_IPC_LOCK.
    package var limitBinds: Bool
    /// What the process may still pin; absent if no limit binds.
    package var headroomBytes: UInt64?
    package var mrs: Int
    package var mrBytes: UInt64
    package var devices: [String]
    /// The regions of the process on each of the devices; absent if it has none.
    package var regionsByDevice: [Device]?
    /// What is pinned beyond the lengths of the regions: other pinners, and the rest of pages touched in part.
    package var residualBytes: Int64
    /// Bytes pinned per second since the sample before; absent in the first.
    package var pinnedBytesPerSecond: Int64?

    /// Derives headroom and residual from the others.
    package init(
      pid: Int32,
      name: String,
      user: String,
      pinnedBytes: Int64,
      lockedBytes: UInt64,
      limitBytes: UInt64?,
      limitBinds: Bool,
      mrs: Int,
      mrBytes: UInt64,
      devices: [String],
      pinnedBytesPerSecond: Int64?
    ) {
      (self.pid, self.name, self.user, self.pinnedBytes) = (pid, name, user, pinnedBytes)
      (self.lockedBytes, self.limitBytes, self.limitBinds) = (lockedBytes, limitBytes, limitBinds)
      headroomBytes =
        limitBinds ? limitBytes.map { $0 - min($0, UInt64(clamping: pinnedBytes)) } : nil
      (self.mrs, self.mrBytes, self.devices) = (mrs, mrBytes, devices)
      residualBytes = pinnedBytes - Int64(clamping: mrBytes)
      self.pinnedBytesPerSecond = pinnedBytesPerSecond
    }
  }

  package var schema: String
  package var timeUnixNs: UInt64
  /// Pins outstanding in the whole system, of every kind (FOLL_PIN); absent if the kernel does not count them.
  package var systemPinnedBytes: Int64?
  /// `VmPin` of all processes together.
  package var accountedBytes: Int64
  /// Pins that no process's `VmPin` accounts for: of ended processes, of O_DIRECT, of vfio and others.
  package var unaccountedBytes: Int64?
  package var processes: [Process]
  package var devices: [Device]
  /// Whether processes outside this PID namespace are out of sight; absent if not.
  package var isInChildPidNamespace: Bool?

  /// Derives what is unaccounted from the others.
  package init(
    timeUnixNs: UInt64,
    systemPinnedBytes: Int64?,
    accountedBytes: Int64,
    processes: [Process],
    devices: [Device] = []
  ) {
    schema = "memreg.top/1"
    (self.timeUnixNs, self.systemPinnedBytes) = (timeUnixNs, systemPinnedBytes)
    self.accountedBytes = accountedBytes
    unaccountedBytes = systemPinnedBytes.map { $0 - accountedBytes }
    self.processes = processes
    self.devices = devices
  }
}
