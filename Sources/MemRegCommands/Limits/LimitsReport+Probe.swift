import Diagnosis
import Documents
import LinuxSystem
import MemoryRegistration
import Verbs

extension LimitsReport.Probe {
  init(_ result: LimitProbe.Result, by kind: StrategyKind, on device: Device?) {
    self.init(
      strategy: kind.rawValue,
      device: device?.name,
      maximumBytes: result.bytes,
      endedBy: result.ending.description,
      registrations: result.registrations
    )
  }
}

extension LimitProbe.Result.Ending {
  fileprivate var description: String {
    switch self {
    case .refused(let code): "then \(code.name) for one page more"
    case .bounded: "and no refusal: nothing binds up to there"
    case .interrupted: "interrupted"
    }
  }
}
