import Fixtures
import HostMemory

/// The kernel's account at one moment.
struct Reading: Equatable {
  /// Base pages charged to this process (`VmPin`).
  let charged: Int
  /// Pins outstanding in the system, where they can be read and nobody else pins.
  let pins: Int?
}

extension CheckContext {
  /// Reads the account as the checks see it.
  func look() throws -> Reading {
    let reading = try trueReading()
    guard sabotage == .pageCount, hasAttempted else { return reading }
    return Reading(charged: reading.charged + 1, pins: reading.pins.map { $0 + 1 })
  }

  /// Reads the account as it is, for the balance at begin and end.
  func trueReading() throws -> Reading {
    Reading(charged: try charge.pages, pins: isAlone ? try system?.pages : nil)
  }
}
