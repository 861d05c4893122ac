import Diagnosis
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

/// What registers in a replay: an RDMA device, or io_uring where there is none.
struct ReplayStrategies {
  /// The device, `nil` with io_uring.
  var device: Device? { context?.device }
  /// The device that is open, `nil` with io_uring.
  var context: DeviceContext? { domain?.context }
  private let domain: ProtectionDomain?

  /// Opens what `kind` asks for; without a wish the device that is there.
  init(_ kind: StrategyKind?, _ options: DeviceOptions) throws {
    guard kind != .copy, kind != .odp else {
      throw CommandFailure(
        "--strategy is verbs or io_uring; odp and copy are policies",
        status: .usage
      )
    }
    let isWithoutDevice = try kind == nil && DeviceOptions.devices(named: options.device).isEmpty
    guard kind != .ioUring, !isWithoutDevice || options.device != nil else {
      // A registration takes a ring, and a ring a descriptor.
      try OpenFiles.raiseLimit()
      domain = nil
      return
    }
    let context = try options.open()
    do {
      domain = try ProtectionDomain(on: context)
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
  }

  var kind: StrategyKind { domain == nil ? .ioUring : .verbs }

  var pinning: any RegistrationStrategy {
    if let domain { VerbsStrategy(in: domain) } else { IOUringStrategy() }
  }

  /// Whether the device registers on demand.
  var hasOnDemand: Bool {
    guard let strategy = try? onDemand() else { return false }
    return RegistrationProbe(strategy).attemptFreshPage(access: [.localWrite]) == .works
  }

  func onDemand() throws -> any RegistrationStrategy {
    guard let domain else {
      throw CommandFailure("io_uring has no on-demand paging; leave odp out", status: .usage)
    }
    return VerbsStrategy(in: domain, mode: .onDemand)
  }

  /// A cache that evicts before the memlock limit is hit.
  func cache(_ policy: CachePolicy) throws -> RegistrationCache {
    do {
      guard let domain else {
        return try RegistrationCache(of: IOUringStrategy().ledgered(), policy: policy)
      }
      return try RegistrationCache(of: VerbsStrategy(in: domain).ledgered(), policy: policy)
    } catch {
      throw CommandFailure(error)
    }
  }
}
