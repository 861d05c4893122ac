import Glibc
public import LinuxSystem

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
    let directory = "/proc/\(pid.map(String.init) ?? "self")"
    var lines = linesOfDevices(in: try TextFile.read("\(directory)/maps"))
    // smaps walks all page tables, which is for nothing in most processes.
    if detail == .smaps, !lines.isEmpty {
      lines = linesOfDevices(in: try TextFile.read("\(directory)/smaps"))
    }
    return VirtualMemoryArea.parse(lines).compactMap { DeviceMapping($0) }
  }

  /// The lines of a maps or smaps file that are about devices; parsing all the others would be most of the work.
  private static func linesOfDevices(in text: String) -> String {
    var found = ""
    unsafe text.withCString { start in
      var rest = unsafe start
      while let hit = unsafe strstr(rest, "/infiniband/uverbs") {
        var first = unsafe UnsafePointer(hit)
        while unsafe first > rest && first[-1] != 10 { unsafe first -= 1 }
        var length = unsafe strcspn(first, "\n")
        // What smaps says of an area begins with capital letters, the next area with an address.
        while unsafe first[length] == 10, unsafe (65...90).contains(first[length + 1]) {
          unsafe length += 1 + strcspn(first + length + 1, "\n")
        }
        let line = unsafe UnsafeRawBufferPointer(start: first, count: length)
        found += unsafe String(decoding: line, as: UTF8.self) + "\n"
        unsafe rest = first + length
      }
    }
    return found
  }

  /// The mappings of every process that has some, and how many processes could not be looked into.
  public static func ofAllProcesses(
    detail: VirtualMemoryArea.Detail = .maps
  ) -> (mappings: [Int32: [DeviceMapping]], unseen: Int) {
    var found: [Int32: [DeviceMapping]] = [:]
    var unseen = 0
    for pid in ProcessList.all() {
      do throws(SystemError) {
        let mappings = try all(ofProcess: pid, detail: detail)
        if !mappings.isEmpty { found[pid] = mappings }
      } catch {
        // A process that has ended meanwhile has nothing mapped any more.
        if error.isRefusal { unseen += 1 }
      }
    }
    return (found, unseen)
  }
}
