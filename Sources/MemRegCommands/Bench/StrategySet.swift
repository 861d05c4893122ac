import Benchmarking
import Diagnosis
import LinuxSystem
import MemoryRegistration
import Verbs

/// The strategies that a benchmark compares, with the device that they share.
struct StrategySet: Sendable {
  let kinds: [StrategyKind]
  /// The device's name, where a strategy needs one.
  var device: Device? { domain?.context.device }
  let domain: ProtectionDomain?
  /// The device that is open, where a strategy needs one.
  var context: DeviceContext? { domain?.context }

  /// Opens what `wanted` needs; without a wish, everything that this machine can.
  ///
  /// Fails with status 69 where there is no device, or none that can do what is wanted.
  init(wanted: [StrategyKind]?, device options: DeviceOptions, access: AccessFlags) throws {
    let needsDevice = wanted.map { $0.contains { $0.mode != nil } } ?? true
    guard needsDevice else {
      if let name = options.device {
        throw CommandFailure(
          "--ib-dev \(name): none of the strategies asked for uses a device",
          status: .usage
        )
      }
      kinds = wanted ?? []
      domain = nil
      return
    }
    let context = try options.open()
    let domain: ProtectionDomain
    do {
      domain = try ProtectionDomain(on: context)
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
    self.domain = domain
    let onDemand = RegistrationProbe(VerbsStrategy(in: domain, mode: .onDemand))
      .attemptFreshPage(access: access)
    if let wanted {
      if wanted.contains(.odp), let refusal = onDemand.refusal {
        throw CommandFailure(
          "\(context.device.name) has no on-demand paging: \(refusal); "
            + "leave odp out of --strategy",
          status: .unavailable
        )
      }
      kinds = wanted
    } else {
      // What copying costs is no figure of the machine where instructions are emulated.
      kinds =
        [.verbs] + (onDemand == .works ? [.odp] : []) + (Machine.isEmulated ? [] : [.copy])
    }
  }

  /// The strategy that registers for `kind`; copying registers its staging buffer by verbs if there is a device.
  func strategy(_ kind: StrategyKind) -> any SampledStrategy {
    guard let domain, let mode = kind == .copy ? .pinned : kind.mode else {
      return IOUringStrategy()
    }
    return VerbsStrategy(in: domain, mode: mode)
  }
}
