import ArgumentParser
import MemoryRegistration
import Verbs

extension StrategyKind {
  /// The strategy itself on the device of `options`, which io_uring never opens.
  func strategy(on options: DeviceOptions) throws -> (
    strategy: any RegistrationStrategy, device: DeviceContext?
  ) {
    switch self {
    case .ioUring: return (IOUringStrategy(), nil)
    case .verbs, .odp:
      let context = try options.open()
      do {
        let domain = try ProtectionDomain(on: context)
        return (self == .odp ? OnDemandStrategy(in: domain) : VerbsStrategy(in: domain), context)
      } catch {
        throw CommandFailure(error, on: context.device.name)
      }
    case .copy:
      throw CommandFailure(
        "copying registers nothing; choose verbs, odp or io_uring",
        status: .usage
      )
    }
  }
}
