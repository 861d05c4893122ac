public import HostMemory
public import LinuxSystem
public import MemoryRegistration
public import Verbs

/// Registrations made only to see what the kernel says, released at once.
public struct RegistrationProbe: Sendable {
  private let strategy: any RegistrationStrategy

  /// Probes by `strategy`.
  public init(_ strategy: any RegistrationStrategy) { self.strategy = strategy }

  /// The errno of registering `range`, `nil` where the kernel accepts it.
  public func outcome(of range: AddressRange, access: AccessFlags) -> Errno? {
    do throws(RegistrationError) {
      let registration = try strategy.register(range, access: access)
      try registration.release()
      return nil
    } catch {
      return error.code
    }
  }

  /// The same of fresh anonymous memory; `.none` where there is no memory to be had.
  func outcomeOnFreshMemory(length: UInt64, access: AccessFlags) -> Errno?? {
    guard let buffer = try? HostBuffer(.anonymous, length: length) else { return .none }
    let code = outcome(of: buffer.range, access: access)
    withExtendedLifetime(buffer.range) {}
    return .some(code)
  }
}
