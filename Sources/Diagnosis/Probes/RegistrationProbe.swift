public import HostMemory
import LinuxSystem
public import MemoryRegistration
public import Verbs

/// Registers memory only to learn what the kernel answers, and releases it at once; the probes of devices and kernels
/// are made of this one.
public struct RegistrationProbe: Sendable {
  private let strategy: any RegistrationStrategy

  /// Probes by `strategy`.
  public init(_ strategy: any RegistrationStrategy) { self.strategy = strategy }

  /// Probes by pinned regions of `device`; throws if it cannot be opened.
  public init(on device: Device) throws(VerbsError) {
    self.init(VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: device.name))))
  }

  /// The answer to registering `range`; `inspect` gets the registration before it is released.
  public func attempt(
    _ range: AddressRange,
    access: AccessFlags,
    inspect: (borrowing Registration) -> Void = { _ in }
  ) -> ProbeResult {
    do throws(RegistrationError) {
      let registration = try strategy.register(range, access: access)
      inspect(registration)
      try registration.release()
      return .works
    } catch {
      return .refused(error.code)
    }
  }

  /// The answer to registering one fresh anonymous page.
  public func attemptFreshPage(access: AccessFlags) -> ProbeResult {
    attemptFreshMemory(length: UInt64(BasePage.size), access: access)
  }

  /// The answer to registering fresh anonymous memory of `length` bytes; skipped if it cannot be mapped.
  func attemptFreshMemory(length: UInt64, access: AccessFlags) -> ProbeResult {
    do throws(SystemError) {
      let buffer = try HostBuffer(.anonymous, length: length)
      let result = attempt(buffer.range, access: access)
      withExtendedLifetime(buffer.range) {}
      return result
    } catch {
      return .skipped(error.description)
    }
  }
}
