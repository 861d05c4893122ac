import Glibc
import LinuxSystem
import Netlink

/// How one change of the system is undone, whether it has been made or not; a line of a record.
package enum UndoStep: Equatable {
  /// Write a value to a file of the kernel.
  case write(String, to: String)
  /// Remove an empty directory.
  case removeDirectory(String)
  /// Remove a network interface, and the RDMA device over it.
  case removeInterface(String)
  /// Stop swapping to a compressed memory device of this number and remove it.
  case removeSwap(Int)
  /// Remove a control group, and its controller from the root if that had it not before.
  case removeGroup(String, controller: String, wasEnabled: Bool)

  private static let separator: Character = "\t"

  var line: String {
    let fields =
      switch self {
      case .write(let value, let path): ["write", value, path]
      case .removeDirectory(let path): ["directory", path]
      case .removeInterface(let name): ["interface", name]
      case .removeSwap(let number): ["swap", "\(number)"]
      case .removeGroup(let name, let controller, let wasEnabled):
        ["group", name, controller, wasEnabled ? "1" : "0"]
      }
    return fields.joined(separator: "\t")
  }

  init?(line: Substring) {
    let fields = line.split(separator: UndoStep.separator).map(String.init)
    switch (fields.first, fields.count) {
    case ("write", 3): self = .write(fields[1], to: fields[2])
    case ("directory", 2): self = .removeDirectory(fields[1])
    case ("interface", 2): self = .removeInterface(fields[1])
    case ("swap", 2):
      guard let number = Int(fields[1]) else { return nil }
      self = .removeSwap(number)
    case ("group", 4):
      self = .removeGroup(fields[1], controller: fields[2], wasEnabled: fields[3] == "1")
    default: return nil
    }
  }

  /// Undoes the change; whether nothing of it is left.
  func perform() -> Bool {
    switch self {
    case .write(let value, let path): return (try? KernelSwitch.write(value, to: path)) != nil
    case .removeDirectory(let path): return unsafe rmdir(path) == 0 || access(path, F_OK) != 0
    case .removeInterface(let name): return UndoStep.removeInterface(name)
    case .removeSwap(let number): return SwapDevice.remove(number)
    case .removeGroup(let name, let controller, let wasEnabled):
      return LimitedGroup.remove(name, controller: controller, wasEnabled: wasEnabled)
    }
  }

  private static func removeInterface(_ name: String) -> Bool {
    guard let route = try? RouteNetlink() else { return false }
    // Gone with the link under it, or never made.
    guard let interface = try? route.interface(named: name) else { return true }
    return (try? route.delete(interface)) != nil
  }
}
