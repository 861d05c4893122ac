internal import CVerbs

extension DeviceContext {
  /// Whether the device speaks iWARP: connections are made by address only, and a queue pair serves one of them.
  public var isIWARP: Bool {
    unsafe raw.pointee.device.pointee.transport_type == IBV_TRANSPORT_IWARP
  }
}
