import Glibc
public import LinuxSystem

/// A file of the kernel's counters, kept open and read at little cost: no allocation, one system call.
public struct CounterFile: ~Copyable, Sendable {
  private let descriptor: Int32
  private let path: String

  /// Opens `path`; throws the errno of `open(2)`. /proc/self is this process's also in a child that inherits it.
  public init(_ path: String) throws(SystemError) {
    self.path = path
    descriptor = try SystemError.check(
      "open \(path)",
      result: unsafe open(path, O_RDONLY | O_CLOEXEC)
    )
  }

  /// Passes the file's text to `body`, as far as its first 32 KiB; throws the errno of `pread(2)`.
  public func read<Value>(_ body: (Span<UInt8>) -> Value) throws(SystemError) -> Value {
    let answer = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32_768) {
      buffer -> Result<Value, Errno> in
      let (count, code) = unsafe (
        pread(descriptor, buffer.baseAddress, buffer.count, 0), Errno.current
      )
      guard count >= 0 else { return .failure(code) }
      return unsafe .success(body(Span(_unsafeElements: buffer[..<count])))
    }
    do throws(Errno) {
      return try answer.get()
    } catch {
      throw SystemError("read \(path)", code: error)
    }
  }

  deinit { close(descriptor) }
}
