import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// One page registered and released at every collection, on each device or else by io_uring: failures are counted.
struct RegistrationTrials {
  /// What was tried, and how it went the last time: the errno, `nil` where it worked.
  private(set) var latest: [(device: String, code: Errno?)] = []
  /// Failures since the start, by what was tried and by errno.
  private(set) var failures: [(device: String, code: Errno?, count: Int64)] = []

  /// The name for registrations that need no device.
  static let ring = "io_uring"

  /// Tries once more on all devices there are.
  mutating func run() {
    let devices = (try? Device.all()) ?? []
    latest = devices.map { ($0.name, RegistrationTrials.outcome(on: $0)) }
    if devices.isEmpty {
      latest = [(RegistrationTrials.ring, RegistrationTrials.outcome(of: IOUringStrategy()))]
    }
    for (device, code) in latest {
      // A counter that is there from the start has a rate when it first moves.
      if !failures.contains(where: { $0.device == device }) { failures.append((device, nil, 0)) }
      guard let code else { continue }
      if let known = failures.firstIndex(where: { $0.device == device && $0.code == code }) {
        failures[known].count += 1
      } else {
        failures.append((device, code, 1))
      }
    }
  }

  private static func outcome(on device: Device) -> Errno? {
    do throws(VerbsError) {
      let domain = try ProtectionDomain(on: DeviceContext(named: device.name))
      return outcome(of: VerbsStrategy(in: domain))
    } catch {
      return error.code
    }
  }

  private static func outcome(of strategy: some RegistrationStrategy) -> Errno? {
    guard let page = try? HostBuffer(.anonymous, length: UInt64(BasePage.size)) else {
      return .ENOMEM
    }
    do throws(RegistrationError) {
      try strategy.register(page.range, access: [.localWrite]).release()
      return nil
    } catch {
      return error.code
    }
  }
}
