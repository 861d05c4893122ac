import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// Finds the true maximum by registering one small buffer again and again until the kernel refuses: every
/// registration is charged anew, so the limit is reached without its amount of memory.
struct LimitProbe {
  static let largestStep: UInt64 = 64 << 20

  let strategy: any RegistrationStrategy
  let device: String?

  /// Registers up to `bound` bytes in all, then releases everything; throws what else than the limit fails.
  func run(bound: UInt64) throws -> LimitsReport.Probe {
    let page = UInt64(BasePage.size)
    var step = max(page, min(Self.largestStep, bound / 4) / page * page)
    let buffer = try HostBuffer(.anonymous, length: step)
    var held: [HeldRegistration] = []
    var total: UInt64 = 0
    var refusal: Errno?
    while step >= page, total < bound, !Interruption.isRequested {
      let range = AddressRange(start: buffer.range.start, length: min(step, bound - total))
      do throws(RegistrationError) {
        held.append(HeldRegistration(try strategy.register(range, access: [.localWrite])))
        total += strategy.chargedPages(for: range) * page
      } catch {
        guard [.ENOMEM, .EPERM].contains(error.code) else { throw error }
        refusal = error.code
        step = step / 2 / page * page
      }
    }
    let attempts = held.count
    for registration in held { try registration.release() }
    withExtendedLifetime(buffer.range) {}
    return LimitsReport.Probe(
      strategy: strategy.kind.rawValue,
      device: device,
      maximumBytes: total,
      endedBy: ending(refusal, isBounded: total >= bound),
      registrations: attempts
    )
  }

  private func ending(_ refusal: Errno?, isBounded: Bool) -> String {
    if Interruption.isRequested { return "interrupted" }
    if isBounded { return "and no refusal: nothing binds up to there" }
    return "then \(refusal.outcome) for one page more"
  }
}
