package import HostMemory
import LinuxSystem

/// What one process has of RDMA devices, by /proc.
package struct DeviceUse: Sendable {
  package let pid: Int32
  /// How many descriptors of each device's file.
  package let descriptors: [VerbsFile: Int]
  package let mappings: [DeviceMapping]
  /// How many descriptors of events, of which the kernel does not tell the device.
  package let events: Int

  package var isEmpty: Bool { descriptors.isEmpty && mappings.isEmpty && events == 0 }

  /// Whether nothing else tells which device the events are of. Before Linux 7.3 they keep it all the same.
  package var isEventsOnly: Bool { descriptors.isEmpty && mappings.isEmpty && events > 0 }

  /// Reads one process; throws ENOENT when it is gone, EACCES where it is another user's.
  init(ofProcess pid: Int32) throws(SystemError) {
    self.pid = pid
    mappings = try DeviceMappings.all(ofProcess: pid)
    var descriptors: [VerbsFile: Int] = [:]
    var events = 0
    for descriptor in try OpenDescriptor.all(ofProcess: pid) {
      if descriptor.target == "anon_inode:[infinibandevent]" { events += 1 }
      guard let file = VerbsFile(path: descriptor.target) else { continue }
      descriptors[file, default: 0] += 1
    }
    self.descriptors = descriptors
    self.events = events
  }

  /// The processes that have anything of a device, and how many could not be looked into.
  package static func all() -> (uses: [DeviceUse], unseen: Int) {
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
