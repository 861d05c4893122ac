import Benchmarking
import Diagnosis
import LinuxSystem
import MemoryRegistration
import Verbs

extension StrategySet {
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
      self.init(wanted ?? [], in: nil)
      return
    }
    let context = try options.open(alternative: DeviceOptions.withoutDevice)
    let domain: ProtectionDomain
    do {
      domain = try ProtectionDomain(on: context)
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
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
      self.init(wanted, in: domain)
    } else {
      // What copying costs is no figure of the machine where instructions are emulated.
      self.init(
        [.verbs] + (onDemand == .works ? [.odp] : []) + (Machine.isEmulated ? [] : [.copy]),
        in: domain
      )
    }
  }
}
