import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

/// A device that is going to be removed, who removes it, and what there was before.
final class RemovalStage {
  let context: CheckContext
  let before: Reading
  let device: RemovableDevice
  let remover: Remover
  private let footprint: DeviceFootprint
  private var areas: [Area] = []
  private var released: UInt64 = 0
  /// From when the last holder let go to the end of the removal, in nanoseconds.
  private(set) var nanoseconds: UInt64 = 0

  init(
    _ context: CheckContext,
    before: Reading,
    _ part: RemovableDevice.Part = .link
  ) throws {
    self.context = context
    self.before = before
    footprint = try .now
    device = try RemovableDevice()
    remover = try Remover(device, part)
  }

  /// Opens the device.
  func open() throws(VerbsError) -> ProtectionDomain {
    context.hasAttempted = true
    return try ProtectionDomain(on: DeviceContext(named: device.name))
  }

  /// Opens the device and registers fresh memory with it.
  func hold(pages: Int) throws -> (ProtectionDomain, Region) {
    let area = try Area(pages: pages)
    areas.append(area)
    let holder = try open()
    return (holder, try context.register(area.range, in: holder))
  }

  /// Waits until the removal shows, takes everything of `holder` back, and sees the removal end.
  func letGo(of holder: ProtectionDomain) throws {
    try context.expect("the removal was noticed", try RemovalStage.awaitSign(holder.context), 1)
    released = MonotonicClock.now
    try holder.context.disassociate()
    try finishRemoval()
  }

  /// Sees the removal end, with everything as it was before.
  func finishRemoval() throws {
    let start = released == 0 ? MonotonicClock.now : released
    try remover.finish()
    nanoseconds = MonotonicClock.now - start
    try context.expect("after the removal", since: before, pages: 0)
    try context.expect("device files after the removal", try .now, footprint)
  }

  /// 1 as soon as the device is being removed, 0 where it is not for 10 s.
  static func awaitSign(_ context: DeviceContext) throws -> Int {
    for _ in 0..<100 {
      if context.removalSign(within: .milliseconds(100)) != nil { return 1 }
    }
    return 0
  }
}

extension Remover {
  /// Begins the removal and takes everything of `context` back when it shows; the errno of a failure. For one of several threads.
  func run(on context: DeviceContext) -> Errno? {
    do {
      // Long enough for the other threads to be in the middle of something.
      usleep(50_000)
      try begin()
      guard try RemovalStage.awaitSign(context) == 1 else { return .ETIMEDOUT }
      try context.disassociate()
      return nil
    } catch let error as VerbsError {
      return error.code
    } catch {
      return .EIO
    }
  }
}

/// RDMA writes of a process to itself, one after the other.
final class Traffic: Sendable {
  let pair: LoopbackPair
  let count = SharedCounter()
  private let near: MemoryRegion
  private let far: MemoryRegion

  init(in domain: ProtectionDomain, _ range: AddressRange) throws(VerbsError) {
    pair = try LoopbackPair(in: domain)
    let half = range.length / 2
    near = try MemoryRegion(
      in: domain,
      range: AddressRange(start: range.start, length: half),
      access: .full
    )
    far = try MemoryRegion(
      in: domain,
      range: AddressRange(start: range.start + half, length: half),
      access: .full
    )
  }

  /// Writes until an error; its errno, `nil` where it is the end of the device.
  func flow() -> Errno? {
    do throws(VerbsError) {
      while true {
        let target = RemoteMemory(address: far.range.start, rkey: far.rkey)
        // The kernel may flush what it disassociates before anybody is told.
        if try Traffic.write(near, to: target, pair.requester).status == .success { count.add(1) }
      }
    } catch {
      return error.isDisassociated ? nil : error.code
    }
  }

  private static func write(
    _ region: borrowing MemoryRegion,
    to target: RemoteMemory,
    _ pair: borrowing QueuePair
  ) throws(VerbsError) -> WorkCompletion {
    let part = try region.slice(region.range)
    return try pair.perform(.write(part, to: target))
  }
}
