import Glibc
internal import HostMemory
internal import LinuxSystem

/// Which mappings of a device's file belong to which context of this process.
///
/// /proc names the file of a mapping and not who opened it, so what a verb maps is found by looking before and
/// after it. One lock for the process: pages must not be replaced where a queue has just been unmapped.
enum QueueMappings {
  private struct Part {
    let owner: ObjectIdentifier
    let file: String
    let range: AddressRange
    let offset: UInt64

    func sharesOffsets(with area: VirtualMemoryArea) -> Bool {
      offset < area.offset + area.range.length && area.offset < offset + range.length
    }

    func isInPlace(_ area: VirtualMemoryArea) -> Bool {
      range.overlaps(area.range) && offset &- range.start == area.offset &- area.range.start
    }
  }

  private static let lock = ProcessLock()
  nonisolated(unsafe) private static var parts: [Part] = []

  /// Calls `make`, a verb on `context` that may map queues, and remembers what it has mapped.
  static func recording<Value>(for context: DeviceContext, _ make: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    let file = context.device.characterDevice
    let before = areas(of: file).map(\.range)
    let value = make()
    for area in areas(of: file) {
      for range in remainder(of: area.range, without: before) {
        let part = Part(
          owner: ObjectIdentifier(context),
          file: file,
          range: range,
          offset: area.offset + (range.start - area.range.start)
        )
        unsafe parts.append(part)
      }
    }
    return value
  }

  /// Calls `end`, a verb that may unmap queues, and forgets what it has unmapped.
  static func ending<Value>(_ end: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    let value = end()
    guard unsafe !parts.isEmpty else { return value }
    let mapped = all()
    unsafe parts.removeAll { part in
      !mapped.contains { $0.file.name == part.file && part.sharesOffsets(with: $0.area) }
    }
    return value
  }

  /// What `context` has mapped now, whole or in parts, in place or moved.
  static func current(of context: DeviceContext) -> [DeviceMapping] {
    lock.lock()
    defer { lock.unlock() }
    return mappings(of: context)
  }

  /// Calls `revoke` and puts zero pages in place of what `context` has mapped; the first failure of either.
  static func blanking(of context: DeviceContext, after revoke: () -> VerbsError?) -> VerbsError? {
    lock.lock()
    defer { lock.unlock() }
    var failure = revoke()
    guard context.isDisassociated else { return failure }
    for mapping in mappings(of: context) {
      if let code = mapping.area.blank() { failure = failure ?? VerbsError("mmap", code: code) }
    }
    forgetLocked(ObjectIdentifier(context))
    return failure
  }

  /// Forgets a context that is closed.
  static func forget(_ owner: ObjectIdentifier) {
    lock.lock()
    forgetLocked(owner)
    lock.unlock()
  }

  private static func forgetLocked(_ owner: ObjectIdentifier) {
    unsafe parts.removeAll { $0.owner == owner }
  }

  private static func mappings(of context: DeviceContext) -> [DeviceMapping] {
    let (owner, file) = (ObjectIdentifier(context), context.device.characterDevice)
    let known = unsafe parts.filter { $0.file == file }
    let own = known.filter { $0.owner == owner }
    guard !own.isEmpty else { return [] }
    return all()
      .filter { mapping in
        guard mapping.file.name == file else { return false }
        if own.contains(where: { $0.isInPlace(mapping.area) }) { return true }
        // A part that was moved is known by its offset, unless the driver gives every context the same ones.
        return own.contains { $0.sharesOffsets(with: mapping.area) }
          && !known.contains { $0.owner != owner && $0.sharesOffsets(with: mapping.area) }
      }
  }

  private static func all() -> [DeviceMapping] { (try? DeviceMappings.all()) ?? [] }

  private static func areas(of file: String) -> [VirtualMemoryArea] {
    all().filter { $0.file.name == file }.map(\.area)
  }

  private static func remainder(
    of range: AddressRange,
    without known: [AddressRange]
  ) -> [AddressRange] {
    var rest = [range]
    for part in known {
      rest = rest.flatMap { piece -> [AddressRange] in
        guard piece.overlaps(part) else { return [piece] }
        let ends = [
          (piece.start, min(piece.end, max(piece.start, part.start))),
          (max(piece.start, min(piece.end, part.end)), piece.end),
        ]
        return ends.filter { $0.0 < $0.1 }
          .map { AddressRange(start: $0.0, length: $0.1 - $0.0) }
      }
    }
    return rest
  }
}

extension VirtualMemoryArea {
  /// Puts private zero pages in place of the area, at one stroke for every thread; the errno of a failure.
  fileprivate func blank() -> Errno? {
    let protection =
      (isReadable ? PROT_READ : 0) | (isWritable ? PROT_WRITE : 0) | (isExecutable ? PROT_EXEC : 0)
    let place = unsafe UnsafeMutableRawPointer(bitPattern: UInt(range.start))
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    let (result, code) = unsafe (
      mmap(place, Int(range.length), protection, flags, -1, 0), Errno.current
    )
    return unsafe result == MAP_FAILED ? code : nil
  }
}
