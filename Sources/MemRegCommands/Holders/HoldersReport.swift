/// What `memreg holders` found out; the JSON document as it stands.
struct HoldersReport: Encodable {
  let schema = "memreg.holders/1"
  var devices: [Device]
  /// Processes of other users, into which only root may look.
  var unseenProcesses: Int

  struct Device: Encodable {
    /// The RDMA device; `nil` for one that is gone, or is being removed.
    var device: String?
    var characterDevice: String
    /// Whether the device is there; one that is gone may still wait for its holders.
    var present: Bool
    var holders: [Holder]
    /// Objects whose maker the kernel does not tell, most often as the thread that made them has ended.
    var unattributed: HeldObjects

    var isFree: Bool { holders.isEmpty && unattributed.isEmpty }
  }

  struct Holder: Encodable {
    var pid: Int32
    var name: String
    var user: String
    /// "opener", "inherited" (by fork, or passed to it), "mapping" (nothing but mappings), "maker" (nothing but
    /// objects, as far as can be seen), "events" (nothing but descriptors of events, which keep a device before
    /// Linux 7.3); "descriptor" where the device is gone, and with it the opener's name.
    var role: String
    /// Open files of the device, or of events; `nil` where only root may look.
    var descriptors: Int?
    var mappings: Int?
    var mappedBytes: UInt64?
    var objects: HeldObjects
  }

  /// Whether nobody holds any device listed.
  var isFree: Bool { devices.allSatisfy(\.isFree) }
}
