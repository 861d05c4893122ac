import LinuxSystem
import MemoryRegistration

/// The registrations that exist beside those that are measured.
final class Residents {
  private var registrations: [ResidentRegistrationsBox] = []

  private final class ResidentRegistrationsBox {
    var resident: ResidentRegistrations
    init(_ resident: consuming ResidentRegistrations) { self.resident = resident }
  }

  init(
    _ group: [BenchCase],
    axes: BenchAxes,
    strategies: StrategySet,
    explain: (any Error) -> String
  ) throws {
    guard let count = group.first?.resident, count > 0 else { return }
    for kind in strategies.kinds where kind != .copy {
      if kind == .ioUring { try OpenFiles.raiseLimit() }
      let box = ResidentRegistrationsBox(
        try ResidentRegistrations(capacity: count, access: axes.access)
      )
      let strategy = strategies.strategy(kind)
      while box.resident.count < count, !Interruption.isRequested {
        do {
          try box.resident.add(by: strategy)
        } catch {
          // Where the device is being removed, what comes after says so.
          if error.isDisassociated { break }
          throw ResidentsFailure(
            wanted: count,
            registered: box.resident.count,
            code: error.code,
            reason: explain(error)
          )
        }
      }
      registrations.append(box)
    }
  }

  /// Releases them all.
  func end() { registrations = [] }
}
