import HostMemory
import LinuxSystem

/// A buffer that several cases measure in turn.
final class SharedBuffer: Sendable {
  let buffer: HostBuffer
  let pages: BenchCase.PageState

  init(_ kind: MemoryKind, length: UInt64, pages: BenchCase.PageState) throws(SystemError) {
    buffer = try HostBuffer(kind, length: length)
    self.pages = pages
    if pages == .populated { try buffer.populate() }
  }

  /// Makes the pages absent again where the case is about absent pages.
  func prepare() throws(SystemError) {
    if pages == .cold { try buffer.discardPages() }
  }
}
