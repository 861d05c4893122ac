import Coherence
import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Measurement
import Verbs

/// What a check works with: a device of its own, observations, and the comparisons that make the verdict.
package final class CheckContext {
  let deviceName: String
  /// Whether nobody else pins meanwhile, so that system-wide counters mean something.
  let isAlone: Bool
  let sabotage: Sabotage?
  var random: SplitMix64
  var comparisons = 0
  var hasAttempted = false
  /// What was measured on the way, for the report.
  var note = ""
  let charge: PinCounter
  let system: OutstandingPins?
  private var opened: ProtectionDomain?
  private var probed: KernelBehaviour?
  private var withheld: [Region] = []
  private var looks: UInt64 = 0

  init(device: String, seed: UInt64, isAlone: Bool, sabotage: Sabotage? = nil) throws(SystemError) {
    charge = try PinCounter()
    // Only root may fold the counters.
    system = try? OutstandingPins()
    deviceName = device
    self.isAlone = isAlone
    self.sabotage = sabotage
    random = SplitMix64(seed: seed)
  }

  /// A protection domain of the process, on a device context of its own.
  var domain: ProtectionDomain {
    get throws {
      if let opened { return opened }
      let domain = try ProtectionDomain(on: DeviceContext(named: deviceName))
      opened = domain
      return domain
    }
  }

  /// What this kernel and driver do, by experiment.
  var behaviour: KernelBehaviour {
    get throws {
      if let probed { return probed }
      let behaviour = try KernelBehaviour(probing: domain)
      probed = behaviour
      return behaviour
    }
  }

  var canFoldCounters: Bool { system != nil }

  /// Keeps a region that a check believes released (`Sabotage.suppressedRelease`).
  func withhold(_ region: Region) { withheld.append(region) }

  /// An errno as the checks see it.
  func seen(_ code: Errno?) -> Errno? { sabotage == .wrongErrno ? .EIO : code }

  /// A word of memory as the checks see it.
  func seen(_ word: UInt64) -> UInt64 { sabotage == .wrongBytes ? word ^ 0x80 : word }

  /// Page frames of the base pages of `range`, 0 where absent; needs root.
  func frames(of range: AddressRange) throws -> [UInt64] {
    looks += 1
    let shift = sabotage == .movingFrames ? looks : 0
    return try PageMap().entries(in: range).map { entry in entry.frame.map { $0 &+ shift } ?? 0 }
  }

  /// Releases the device and what was withheld.
  func close() {
    withheld = []
    opened = nil
  }
}
