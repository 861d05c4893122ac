public import HostMemory

/// The mappings of RDMA devices, of one process or of all, as the kernel holds them now.
///
/// A mapping holds the file and, before Linux 7.3, with it the device, even after `ibv_close_device`. They are read
/// from the kernel each time, as no library sees every split, truncation, move and fork of them.
public enum DeviceMappings {
  /// The mappings of `pid`, `nil` being this process, by ascending address.
  ///
  /// Throws ENOENT when the process is gone, EACCES where it is another user's.
  public static func all(
    ofProcess pid: Int32? = nil,
    detail: VirtualMemoryArea.Detail = .maps
  ) throws(SystemError) -> [DeviceMapping] {
    try VirtualMemoryArea.all(ofProcess: pid, detail: detail).compactMap { DeviceMapping($0) }
  }
}
