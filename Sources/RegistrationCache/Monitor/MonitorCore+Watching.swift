internal import CLinux
import Glibc
internal import HostMemory
internal import LinuxSystem
internal import Synchronization

extension MonitorCore {
  /// Has the mappings of `range` watched until the hold is given back, or for good.
  func hold(
    _ range: AddressRange,
    permanently isPermanent: Bool = false
  ) throws(MonitorError) -> (visibility: Visibility, hold: MappingHold) {
    let page = UInt64(BasePage.size)
    let start = range.start & ~(page - 1)
    let end = (range.end &+ page - 1) & ~(page - 1)
    guard start < end else { return (.nothing, .none) }
    lock.lock()
    defer { lock.unlock() }
    guard !isLost.load(ordering: .acquiring), descriptor >= 0 else { throw .lost }
    applyChanges()
    if let known = mappings.hold(start, end, permanently: isPermanent) { return known }
    var address = start
    while address < end {
      guard let next = try watchMapping(at: address) else { return (.nothing, .none) }
      address = next
    }
    return mappings.hold(start, end, permanently: isPermanent) ?? (.nothing, .none)
  }

  /// Gives holds back; a mapping that nobody holds is watched no longer, so that others may.
  func release(_ holds: (_ release: (MappingHold) -> Void) -> Void) {
    lock.lock()
    defer { lock.unlock() }
    applyChanges()
    holds { hold in
      if let (start, end) = mappings.release(hold) { unwatch(start, end) }
    }
  }

  /// Ends the watch of mappings whose holders were lost count of and in which nothing `isUsed`.
  func releaseUnused(_ isUsed: (_ start: UInt64, _ end: UInt64) -> Bool) {
    lock.lock()
    defer { lock.unlock() }
    applyChanges()
    var address: UInt64 = 0
    while let (start, end) = mappings.firstShared(from: address) {
      if !isUsed(start, end) { unwatch(start, end) }
      address = end
    }
  }

  /// Takes what was unmapped out of the watched mappings; with the lock held.
  func applyChanges() {
    let count = changes.count
    while changesApplied < count {
      guard let (start, end) = changes[changesApplied] else {
        mappings.removeAll()
        changesApplied = count
        return
      }
      mappings.remove(start, end)
      changesApplied += 1
    }
  }

  private func unwatch(_ start: UInt64, _ end: UInt64) {
    mappings.remove(start, end)
    let file = descriptor
    if file >= 0 { _ = clinux_userfault_unwatch(file, start, end) }
  }

  // The end of the mapping at `address`, or nil where there is none. It is looked up once to learn its bounds and once
  // more when it is registered: parts of it may have gone meanwhile without an event, and only what is there afterwards is
  // known to be registered. What events since the second look took away is taken out again.
  private func watchMapping(at address: UInt64) throws(MonitorError) -> UInt64? {
    var mapping = clinux_mapping()
    guard lookUp(address, &mapping) else { return nil }
    guard clinux_userfault_watch(descriptor, mapping.start, mapping.end) == 0 else { return nil }
    applyChanges()
    guard lookUp(address, &mapping) else { return nil }
    let isPrivate = mapping.is_shared == 0 && mapping.is_file == 0
    mappings.add(mapping.start, mapping.end, isPrivate ? .everything : .mappingOnly)
    applyChanges()
    return mapping.end
  }

  private func lookUp(_ address: UInt64, _ mapping: inout clinux_mapping) -> Bool {
    let code = unsafe clinux_find_mapping(&mapsFile, address, &mapping)
    if code != 0, code != ENOENT, !hasFailedToLookUp.exchange(true, ordering: .relaxed) {
      Self.warn(
        "memreg: cannot look mappings up (\(Errno(rawValue: code))): registrations are not kept\n"
      )
    }
    return code == 0
  }

  private static func warn(_ line: String) {
    var line = line
    line.withUTF8 { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
