import ArgumentParser
import MemoryRegistration
import Verbs

/// A strategy that registers memory, for commands that do so once; copying does not.
struct RegisteringStrategy: Equatable {
  let kind: StrategyKind
  /// How verbs register; `nil` for io_uring.
  private let mode: VerbsStrategy.Mode?

  static let verbs = RegisteringStrategy(kind: .verbs, mode: .pinned)
  static let ioUring = RegisteringStrategy(kind: .ioUring, mode: nil)

  private static let all = StrategyKind.allCases.compactMap { kind in
    kind == .ioUring ? ioUring : kind.mode.map { RegisteringStrategy(kind: kind, mode: $0) }
  }

  /// The strategy itself on the device of `options`, which io_uring never opens.
  func open(on options: DeviceOptions) throws -> (
    strategy: any RegistrationStrategy, device: DeviceContext?
  ) {
    guard let mode else { return (IOUringStrategy(), nil) }
    let context = try options.open(alternative: DeviceOptions.withoutDevice)
    do {
      return (VerbsStrategy(in: try ProtectionDomain(on: context), mode: mode), context)
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
  }
}

extension RegisteringStrategy: ExpressibleByArgument {
  init?(argument: String) {
    guard let known = RegisteringStrategy.all.first(where: { $0.kind.rawValue == argument }) else {
      return nil
    }
    self = known
  }

  static var allValueStrings: [String] { all.map(\.kind.rawValue) }

  var defaultValueDescription: String { kind.rawValue }
}

/// A strategy whose registrations a cache can keep.
enum PinningStrategy: String, CaseIterable, ExpressibleByArgument {
  case verbs
  case ioUring = "io_uring"
}
