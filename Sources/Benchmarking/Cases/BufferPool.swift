import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// The memory of all cases: one buffer for each kind, page state and thread, as large as the largest case.
///
/// Cases run one at a time, so they may share; without sharing, sizes up to 64 MiB would take 128 MiB a series.
final class BufferPool {
  private struct Key: Hashable {
    let memory: MemoryKind
    let pages: BenchCase.PageState
    let thread: Int
  }

  private var buffers: [Key: [SharedBuffer]] = [:]
  private var stagings: [Int: SharedStaging] = [:]
  private let largest: UInt64

  /// Bytes that cold cases have at least, so that a batch of small ones fits in ranges of their own.
  private static let smallestCold: UInt64 = 4 << 20

  init(largest: UInt64) { self.largest = largest }

  /// A buffer of at least the case's size; smaller ones serve if the largest is unavailable.
  func buffer(for benchCase: BenchCase, thread: Int) throws(SystemError) -> SharedBuffer {
    let key = Key(memory: benchCase.memory, pages: benchCase.pages, thread: thread)
    let known = buffers[key] ?? []
    if let fitting = known.first(where: { $0.buffer.range.length >= benchCase.length }) {
      return fitting
    }
    let fresh: SharedBuffer
    do {
      fresh = try make(benchCase, length: wholeLength(benchCase))
    } catch {
      fresh = try make(benchCase, length: benchCase.length)
    }
    buffers[key] = known + [fresh]
    return fresh
  }

  /// The staging buffer of a thread, which all its cases copy through.
  func staging(
    for thread: Int,
    by strategy: any SampledStrategy,
    access: AccessFlags
  ) throws -> SharedStaging {
    if let known = stagings[thread] { return known }
    let fresh = SharedStaging(try StagingCopy(by: strategy, access: access))
    stagings[thread] = fresh
    return fresh
  }

  private func wholeLength(_ benchCase: BenchCase) -> UInt64 {
    guard benchCase.pages == .cold else { return largest }
    if case .file = benchCase.memory { return largest }
    return max(largest, BufferPool.smallestCold)
  }

  private func make(
    _ benchCase: BenchCase,
    length: UInt64
  ) throws(SystemError) -> SharedBuffer {
    try SharedBuffer(benchCase.memory, length: length, pages: benchCase.pages)
  }
}
