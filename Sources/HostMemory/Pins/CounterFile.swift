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

  /// The number behind the first `label` of the file, 0 where there is none; looks at the first 32 KiB.
  public func number(after label: StaticString) throws(SystemError) -> UInt64 {
    try numbers(after: label, label).0
  }

  /// The numbers behind two labels, from one reading.
  public func numbers(
    after first: StaticString,
    _ second: StaticString
  ) throws(SystemError) -> (UInt64, UInt64) {
    let (code, values) = unsafe withUnsafeTemporaryAllocation(
      of: CChar.self,
      capacity: 32_768
    ) { buffer -> (Errno?, (UInt64, UInt64)) in
      guard let start = buffer.baseAddress else { return (.EINVAL, (0, 0)) }
      let (count, code) = unsafe (pread(descriptor, start, buffer.count - 1, 0), Errno.current)
      guard count >= 0 else { return (code, (0, 0)) }
      unsafe buffer[count] = 0
      return unsafe (
        nil, (CounterFile.find(first, in: start), CounterFile.find(second, in: start))
      )
    }
    if let code { throw SystemError("read \(path)", code: code) }
    return values
  }

  private static func find(_ label: StaticString, in text: UnsafeMutablePointer<CChar>) -> UInt64 {
    let found = unsafe label.utf8Start.withMemoryRebound(
      to: CChar.self,
      capacity: label.utf8CodeUnitCount + 1
    ) { unsafe strstr(text, $0) }
    guard let found = unsafe found else { return 0 }
    return unsafe UInt64(strtoull(found + label.utf8CodeUnitCount, nil, 10))
  }

  deinit { close(descriptor) }
}
