import LinuxSystem

/// A mapping of an RDMA device into a process: queues, doorbells or registers.
public struct DeviceMapping: Equatable, Sendable {
  /// The device's file.
  public let file: VerbsFile
  /// The mapping: addresses, offset in the file, protection and, where smaps was read, flags.
  public let area: VirtualMemoryArea

  /// Recognises an area that maps a device of user space verbs.
  public init?(_ area: VirtualMemoryArea) {
    guard area.path.hasPrefix("/"), let file = VerbsFile(path: area.path) else { return nil }
    self.file = file
    self.area = area
  }
}
