internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

extension MonitorCore {
  func watch(_ range: AddressRange) throws(MonitorError) -> Visibility {
    let page = UInt64(BasePage.size)
    let start = range.start & ~(page - 1)
    let end = (range.end &+ page - 1) & ~(page - 1)
    guard start < end else { return .nothing }
    let known = try known(start, end)
    if let visibility = known.visibility { return visibility }
    var address = start
    var least = Visibility.everything
    while address < end {
      guard let mapping = try watchMapping(at: address, since: known.changes) else {
        return .nothing
      }
      least = min(least, mapping.visibility)
      address = mapping.end
    }
    return least
  }

  private func known(
    _ start: UInt64,
    _ end: UInt64
  ) throws(MonitorError) -> (visibility: Visibility?, changes: UInt64) {
    lock.lock()
    defer { lock.unlock() }
    guard !isLost, isRunning else { throw .lost }
    return (mappings.visibility(start, end), changes)
  }

  // The mapping is looked up once to learn its bounds and once more when it is registered: parts of it may have gone
  // meanwhile without an event, and only what is there afterwards is known to be registered.
  private func watchMapping(
    at address: UInt64,
    since changes: UInt64
  ) throws(MonitorError) -> (end: UInt64, visibility: Visibility)? {
    var mapping = clinux_mapping()
    guard unsafe clinux_find_mapping(address, &mapping) == 0 else { return nil }
    let file = descriptor.load(ordering: .relaxed)
    guard clinux_userfault_watch(file, mapping.start, mapping.end) == 0 else {
      return (mapping.end, .nothing)
    }
    guard unsafe clinux_find_mapping(address, &mapping) == 0 else { return nil }
    let isPrivate = mapping.is_shared == 0 && mapping.is_file == 0
    let visibility = isPrivate ? Visibility.everything : .mappingOnly
    lock.lock()
    defer { lock.unlock() }
    guard !isLost else { throw .lost }
    if self.changes == changes { mappings.add(mapping.start, mapping.end, visibility) }
    return (mapping.end, visibility)
  }
}
