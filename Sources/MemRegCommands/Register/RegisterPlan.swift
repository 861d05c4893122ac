import Diagnosis
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// What `memreg register` is to do: `count` regions of `size` bytes, each `offset` bytes into a page.
struct RegisterPlan {
  let size: UInt64
  let offset: UInt64
  let count: UInt64
  let kind: MemoryKind
  let access: AccessFlags

  /// Bytes from one region to the next, whole pages.
  var stride: UInt64 { (offset + size).roundedUp(to: UInt64(BasePage.size)) }

  init(
    size: UInt64,
    offset: UInt64,
    count: Int,
    kind: MemoryKind,
    access: AccessFlags
  ) throws(CommandFailure) {
    guard count > 0 else {
      throw CommandFailure(
        "cannot register \(count) regions; --count is at least 1",
        status: .usage
      )
    }
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, end < UInt64(Int64.max) - (1 << 30),
      !end.roundedUp(to: UInt64(BasePage.size)).multipliedReportingOverflow(by: UInt64(count))
        .overflow
    else {
      throw CommandFailure(
        "cannot register \(count) regions of \(size) bytes: more than the address space",
        status: .usage
      )
    }
    self.size = size
    self.offset = offset
    self.count = UInt64(count)
    self.kind = kind
    self.access = access
  }

  /// Maps the memory for every region; a file is mapped once and as long as the regions reach.
  func makeBuffer() throws(SystemError) -> HostBuffer {
    try HostBuffer(
      kind,
      length: (count - 1) * stride + offset + size,
      writable: access.pinsForWriting
    )
  }

  /// Refuses what would exhaust memory: the kernel would rather kill a process than refuse it.
  func check(_ range: AddressRange, by kind: StrategyKind) throws(CommandFailure) {
    let attempt = RegistrationAttempt(range, access: access, strategy: kind, code: .ENOMEM)
    guard let explanation = Explainer().forecast(attempt) else { return }
    throw CommandFailure(refusing: range.length, for: explanation)
  }

  /// The addresses of region `index` inside `buffer`.
  func range(_ index: UInt64, in buffer: borrowing HostBuffer) -> AddressRange {
    AddressRange(start: buffer.range.start + index * stride + offset, length: size)
  }
}

extension UInt64 {
  func roundedUp(to granule: UInt64) -> UInt64 { (self + granule - 1) / granule * granule }
}
