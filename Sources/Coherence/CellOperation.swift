internal import CFixtures
import Fixtures
import Glibc
import HostMemory
import LinuxSystem

/// The operation of a cell, done to its memory.
struct CellOperation {
  /// The errno with which the kernel refused.
  var refusal: Errno?
  /// Sets what the CPU may do while the device looks, and afterwards gives it back.
  var protect: ((Area.Protection) throws -> Void)?
  /// What the CPU may do while the device looks.
  var protection = Area.Protection.readWrite
  /// Processes and memory that must last until the look is over.
  var keep: [AnyObject] = []
  /// What was observed meanwhile.
  var evidence: [String] = []
  /// Only offsets from here on are looked at.
  var firstProbe: UInt64 = 0

  /// Does `operation`; throws `Skip` where this machine cannot.
  init(_ operation: CoherenceOperation, to memory: CellMemory, _ view: ProcessorView) throws {
    switch operation {
    case .none: break
    case .cpuWrite: CellOperation.write(2, memory, view)
    case .unmap: try memory.mapping.unmap()
    case .remap:
      try memory.mapping.unmap()
      try memory.map()
    case .mapFixed:
      keep.append(try Area(pages: memory.pages, at: memory.range.start))
    case .mremapMove, .mremapGrow, .mremapShrink, .mremapDontUnmap:
      try remap(operation, memory)
    case .dontNeed: refusal = memory.mapping.advise(.dontNeed)
    case .free:
      refusal = memory.mapping.advise(.free)
      _ = memory.mapping.advise(.pageOut)
    case .remove: refusal = memory.mapping.advise(.remove)
    case .pageOut: refusal = memory.mapping.advise(.pageOut)
    case .collapse:
      _ = memory.mapping.advise(.huge)
      refusal = memory.mapping.advise(.collapse)
    case .punchHole, .truncate, .truncateRegrow, .writeBack:
      try changeFile(operation, memory, view)
    case .merge: try merge(memory, view)
    case .compaction: try compact()
    case .protectRead, .protectNone:
      protection = operation == .protectRead ? .read : .none
      protect = { try memory.mapping.protect($0) }
    case .forkParentWrite, .forkChildWrite, .forkDontFork, .childExit:
      try fork(operation, memory, view)
    case .heapReuse, .heapTrim: try memory.heap?.renew()
    }
  }

  /// The CPU writes all probes.
  static func write(_ writer: UInt8, _ memory: CellMemory, _ view: ProcessorView) {
    for offset in memory.probes {
      _ = view.write(ProbePattern.bytes(writer, at: offset), at: memory.range.start + offset)
    }
  }

  private mutating func remap(
    _ operation: CoherenceOperation,
    _ memory: CellMemory
  ) throws {
    let (range, half) = (memory.range, memory.range.length / 2)
    let answer: Result<UInt64, Errno>
    switch operation {
    case .mremapMove:
      answer = range.remap([.mayMove, .fixed], at: try CellMemory.reserve())
    case .mremapGrow:
      let behind = AddressRange(start: range.end, length: range.length)
      try CellRange(range: behind).unmap()
      answer = range.remap(to: 2 * range.length)
    case .mremapShrink:
      answer = range.remap(to: half)
      firstProbe = half
    default:
      answer = range.remap([.mayMove, .dontUnmap])
    }
    switch answer {
    case .success(range.start): break
    case .success(let moved):
      evidence.append("the pages are now mapped at 0x\(String(moved, radix: 16))")
    case .failure(let code): refusal = code
    }
  }

  private mutating func changeFile(
    _ operation: CoherenceOperation,
    _ memory: CellMemory,
    _ view: ProcessorView
  ) throws {
    guard let file = memory.file else { return }
    switch operation {
    case .punchHole:
      refusal = Errno(status: fixtures_punch_hole(file.descriptor, 0, Int64(memory.range.length)))
    case .writeBack:
      CellOperation.write(2, memory, view)
      let (result, code) = unsafe (
        msync(Area.pointer(memory.range.start), Int(memory.range.length), Int32(MS_SYNC)),
        Errno.current
      )
      refusal = result == 0 ? nil : code
    default:
      try file.resize(toPages: 0)
      if operation == .truncateRegrow { try file.resize(toPages: memory.pages) }
    }
  }
}
