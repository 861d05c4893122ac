import Glibc
import HostMemory
import LinuxSystem

/// The limits in a control group's rdma.max.
///
/// Linux 6.1 and 6.12 free a group and keep its limits if it is removed, or loses the controller, while they are
/// set; the removal of the device then follows a pointer to the freed group.
package enum RDMALimits {
  /// The lines that lift the limits of the devices that `text` limits, for every resource named there.
  package static func lifting(_ text: String) -> [String] {
    text.split(separator: "\n")
      .compactMap { line in
        let fields = line.split(separator: " ")
        let pairs = fields.dropFirst().map { $0.split(separator: "=", maxSplits: 1) }
        guard let device = fields.first, pairs.contains(where: { $0.last != "max" }) else {
          return nil
        }
        return ([device] + pairs.compactMap(\.first).map { "\($0)=max" }).joined(separator: " ")
      }
  }

  /// Whether `group` limits any device.
  static func areSet(in group: String) -> Bool {
    guard let text = try? TextFile.read("\(group)/rdma.max") else { return false }
    return !lifting(text).isEmpty
  }

  /// Lifts all limits of `group`; returns whether none is left.
  static func lift(in group: String) -> Bool {
    guard let text = try? TextFile.read("\(group)/rdma.max") else { return true }
    for line in lifting(text) { try? KernelSwitch.write(line, to: "\(group)/rdma.max") }
    return !areSet(in: group)
  }
}
