import AddressSpace
import HostMemory

/// What one process has of RDMA devices, by /proc.
struct DeviceUse {
  let pid: Int32
  /// How many descriptors of each device's file.
  let descriptors: [VerbsFile: Int]
  let mappings: [DeviceMapping]

  // Descriptors of events keep no device: its removal does not wait for them.
  var isEmpty: Bool { descriptors.isEmpty && mappings.isEmpty }

  /// Reads one process; throws ENOENT when it is gone, EACCES where it is another user's.
  init(ofProcess pid: Int32) throws(SystemError) {
    self.pid = pid
    mappings = try DeviceMappings.all(ofProcess: pid)
    var descriptors: [VerbsFile: Int] = [:]
    for descriptor in try OpenDescriptor.all(ofProcess: pid) {
      guard let file = VerbsFile(path: descriptor.target) else { continue }
      descriptors[file, default: 0] += 1
    }
    self.descriptors = descriptors
  }

  /// The processes that have anything of a device, and how many could not be looked into.
  static func all() -> (uses: [DeviceUse], unseen: Int) {
    var uses: [DeviceUse] = []
    var unseen = 0
    for pid in ProcessList.all() {
      do throws(SystemError) {
        let use = try DeviceUse(ofProcess: pid)
        if !use.isEmpty { uses.append(use) }
      } catch {
        // A process that has ended meanwhile holds nothing any more.
        if error.isRefusal { unseen += 1 }
      }
    }
    return (uses, unseen)
  }
}
