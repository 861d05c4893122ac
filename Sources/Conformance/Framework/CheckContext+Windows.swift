import Coherence
import Fixtures
import Glibc
import LinuxSystem
import Verbs

extension AccessFlags {
  /// Regions for windows: everything, and the binding itself.
  static let bindable: AccessFlags = full.union([.remoteAtomic, .windowBind])
}

extension CheckContext {
  /// Calls `body` with registered memory and an unbound window, which is deallocated afterwards.
  ///
  /// Skips if the device has no windows of the kind.
  @discardableResult
  func withWindow<Value>(
    _ kind: MemoryWindow.Kind,
    pages: Int = 4,
    _ access: AccessFlags = .bindable,
    _ body: (MemoryExperiment, inout MemoryWindow) throws -> Value
  ) throws -> Value {
    let memory = try MemoryExperiment(self, pages: pages, access)
    var window = try window(kind)
    let value: Value
    do {
      value = try body(memory, &window)
    } catch {
      // Closing a device with a window bound makes rxe wait 50 s for the region's last reference.
      _ = try? window.deallocate()
      throw error
    }
    try window.deallocate()
    return value
  }

  /// Calls `body` with a window bound to `pages` of the memory, all of them by default.
  @discardableResult
  func withBoundWindow<Value>(
    _ kind: MemoryWindow.Kind,
    over pages: Range<Int>? = nil,
    _ body: (MemoryExperiment, inout MemoryWindow) throws -> Value
  ) throws -> Value {
    try withWindow(kind) { memory, window in
      try memory.bind(&window, over: pages)
      return try body(memory, &window)
    }
  }

  private func window(_ kind: MemoryWindow.Kind) throws -> MemoryWindow {
    let domain = try domain
    do throws(VerbsError) {
      return try MemoryWindow(in: domain, kind: kind)
    } catch {
      if error.code == .EOPNOTSUPP || error.code == .EINVAL {
        throw Skip("the device has no windows of \(kind): \(error.code.name)")
      }
      throw error
    }
  }
}
