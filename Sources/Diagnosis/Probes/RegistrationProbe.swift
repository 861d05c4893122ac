public import HostMemory
public import MemoryRegistration
public import Verbs

/// Registrations made only to see what the kernel says, released at once.
public struct RegistrationProbe: Sendable {
  private let strategy: any RegistrationStrategy

  /// Probes by `strategy`.
  public init(_ strategy: any RegistrationStrategy) { self.strategy = strategy }

  /// The errno of registering `range`, 0 where the kernel accepts it.
  public func outcome(of range: AddressRange, access: AccessFlags) -> Int32 {
    do throws(RegistrationError) {
      let registration = try strategy.register(range, access: access)
      try registration.release()
      return 0
    } catch {
      return error.code
    }
  }

  /// The errno of registering fresh anonymous memory; `nil` where there is none to be had.
  func outcomeOnFreshMemory(length: UInt64, access: AccessFlags) -> Int32? {
    guard let buffer = try? HostBuffer(.anonymous, length: length) else { return nil }
    let code = outcome(of: buffer.range, access: access)
    withExtendedLifetime(buffer.range) {}
    return code
  }
}
