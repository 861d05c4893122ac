/// How the memory of a region stays where the device finds it.
package enum Backing: UInt32, CaseIterable, Sendable {
  case unknown
  /// Pinned for verbs.
  case pinned
  /// Mapped when the device asks for it (ODP).
  case onDemand
  /// Memory of another device (dma-buf).
  case dmabuf
  /// The device's own memory.
  case deviceMemory
  /// Pinned for io_uring.
  case ioUring
  /// Pinned for a virtual machine or a user-space driver.
  case vfio
}
