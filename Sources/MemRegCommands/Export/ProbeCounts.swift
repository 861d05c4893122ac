import Diagnosis
import LinuxSystem
import MemoryRegistration
import Verbs

/// One page registered and released at every collection, on each device or else by io_uring: failures are counted.
struct ProbeCounts {
  /// What was tried, and the errno of the last refusal, `nil` if it worked.
  private(set) var latest: [(device: String, refusal: Errno?)] = []
  /// Failures since the start, by what was tried and by errno.
  private(set) var failures: [(device: String, refusal: Errno?, count: Int64)] = []

  /// The name for registrations that need no device.
  static let ring = "io_uring"

  /// Tries once more on all devices there are.
  mutating func run() {
    let devices = (try? Device.all()) ?? []
    latest = devices.map { ($0.name, ProbeCounts.refusal(on: $0)) }
    if devices.isEmpty {
      latest = [(ProbeCounts.ring, ProbeCounts.refusal(by: RegistrationProbe(IOUringStrategy())))]
    }
    for (device, refusal) in latest {
      // A counter that is there from the start has a rate when it first moves.
      if !failures.contains(where: { $0.device == device }) { failures.append((device, nil, 0)) }
      guard let refusal else { continue }
      if let known = failures.firstIndex(where: { $0.device == device && $0.refusal == refusal }) {
        failures[known].count += 1
      } else {
        failures.append((device, refusal, 1))
      }
    }
  }

  private static func refusal(on device: Device) -> Errno? {
    do throws(VerbsError) {
      return refusal(by: try RegistrationProbe(on: device))
    } catch {
      return error.code
    }
  }

  private static func refusal(by probe: RegistrationProbe) -> Errno? {
    switch probe.attemptFreshPage(access: [.localWrite]) {
    case .works: nil
    case .refused(let code): code
    // No memory for the page.
    case .skipped: .ENOMEM
    }
  }
}
