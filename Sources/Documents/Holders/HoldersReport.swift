/// Who keeps RDMA devices from being removed, as `memreg holders` found it.
package struct HoldersReport: Codable, Equatable, Sendable {
  /// How much of each kind of object there is on a device, for one owner.
  package struct Objects: Codable, Equatable, Sendable {
    package var contexts: Int
    package var pds: Int
    package var mrs: Int
    package var mrBytes: UInt64
    package var qps: Int
    package var cqs: Int
    package var cmIds: Int

    package init(
      contexts: Int = 0,
      pds: Int = 0,
      mrs: Int = 0,
      mrBytes: UInt64 = 0,
      qps: Int = 0,
      cqs: Int = 0,
      cmIds: Int = 0
    ) {
      (self.contexts, self.pds, self.mrs, self.mrBytes) = (contexts, pds, mrs, mrBytes)
      (self.qps, self.cqs, self.cmIds) = (qps, cqs, cmIds)
    }

    package var isEmpty: Bool { self == Objects() }
  }

  /// One device with those who hold it.
  package struct Device: Codable, Equatable, Sendable {
    /// The RDMA device; `nil` for one that is gone, or is being removed.
    package var device: String?
    package var characterDevice: String
    /// Whether the device is there; one that is gone may still wait for its holders.
    package var present: Bool
    package var holders: [Holder]
    /// Objects whose maker the kernel does not tell, most often as the thread that made them has ended.
    package var unattributed: Objects

    package init(
      device: String?,
      characterDevice: String,
      present: Bool,
      holders: [Holder],
      unattributed: Objects
    ) {
      (self.device, self.characterDevice, self.present) = (device, characterDevice, present)
      (self.holders, self.unattributed) = (holders, unattributed)
    }

    package var isFree: Bool { holders.isEmpty && unattributed.isEmpty }
  }

  /// One process that holds a device.
  package struct Holder: Codable, Equatable, Sendable {
    package var pid: Int32
    package var name: String
    package var user: String
    /// "opener", "inherited" (by fork, or passed to it), "mapping" (nothing but mappings), "maker" (nothing but
    /// objects, as far as can be seen), "events" (nothing but descriptors of events, which keep a device before
    /// Linux 7.3); "descriptor" where the device is gone, and with it the opener's name.
    package var role: String
    /// Open files of the device, or of events; `nil` where only root may look.
    package var descriptors: Int?
    package var mappings: Int?
    package var mappedBytes: UInt64?
    package var objects: Objects

    package init(
      pid: Int32,
      name: String,
      user: String,
      role: String,
      descriptors: Int?,
      mappings: Int?,
      mappedBytes: UInt64?,
      objects: Objects
    ) {
      (self.pid, self.name, self.user, self.role) = (pid, name, user, role)
      (self.descriptors, self.mappings, self.mappedBytes) = (descriptors, mappings, mappedBytes)
      self.objects = objects
    }
  }

  package var schema: String
  package var devices: [Device]
  /// Processes of other users, into which only root may look.
  package var unseenProcesses: Int
  /// Whether processes outside this PID namespace are out of sight; absent if not.
  package var isInChildPidNamespace: Bool?

  package init(
    schema: String = "memreg.holders/1",
    devices: [Device],
    unseenProcesses: Int
  ) {
    (self.schema, self.devices, self.unseenProcesses) = (schema, devices, unseenProcesses)
  }

  /// Whether nobody holds any device listed.
  package var isFree: Bool { devices.allSatisfy(\.isFree) }
}
