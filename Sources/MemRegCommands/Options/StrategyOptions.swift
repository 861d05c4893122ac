import ArgumentParser
import MemoryRegistration
import Verbs

extension StrategyKind {
  /// The strategy itself on the device of `options`, which io_uring never opens.
  func strategy(on options: DeviceOptions) throws -> (
    strategy: any RegistrationStrategy, device: DeviceContext?
  ) {
    if self == .ioUring { return (IOUringStrategy(), nil) }
    guard let mode else {
      throw CommandFailure(
        "copying registers nothing; choose verbs, odp or io_uring",
        status: .usage
      )
    }
    let context = try options.open(alternative: DeviceOptions.withoutDevice)
    do {
      return (VerbsStrategy(in: try ProtectionDomain(on: context), mode: mode), context)
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
  }
}
