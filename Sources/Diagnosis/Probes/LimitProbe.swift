import Glibc
import HostMemory
public import LinuxSystem
public import MemoryRegistration
import Verbs

/// Finds the most that can be registered by registering one small buffer again and again until the kernel refuses:
/// every registration is charged anew, so the limit is reached without its amount of memory.
public struct LimitProbe: Sendable {
  /// What a probe has found.
  public struct Result: Equatable, Sendable {
    /// Why it registered no more.
    public enum Ending: Equatable, Sendable {
      /// The kernel refused one page more, with this errno.
      case refused(Errno)
      /// All that was to be tried could be registered.
      case bounded
      /// It was told to stop.
      case interrupted
    }

    /// Bytes that were charged at the same time.
    public let bytes: UInt64
    /// Registrations that were live at the same time.
    public let registrations: Int
    /// Why it registered no more.
    public let ending: Ending
  }

  /// Bytes of the largest registration that is tried.
  public static let largestStep: UInt64 = 64 << 20

  private let strategy: any RegistrationStrategy

  /// Probes by `strategy`.
  public init(_ strategy: any RegistrationStrategy) { self.strategy = strategy }

  /// Registers up to `bound` bytes in all, then releases everything; the buffer has `bufferBytes` at most.
  ///
  /// Stops early when `isInterrupted`. Throws `RegistrationError` for a failure that is not about a limit, and
  /// `SystemError` if there is no memory to register.
  public func run(
    bound: UInt64,
    bufferBytes: UInt64 = LimitProbe.largestStep,
    isInterrupted: () -> Bool
  ) throws -> Result {
    let page = UInt64(BasePage.size)
    var step = max(page, min(LimitProbe.largestStep, bufferBytes, bound / 4) / page * page)
    let buffer = try HostBuffer(.anonymous, length: step)
    var held: [HeldRegistration] = []
    var total: UInt64 = 0
    var ending = Result.Ending.bounded
    while step >= page, total < bound, !isInterrupted() {
      let range = AddressRange(start: buffer.range.start, length: min(step, bound - total))
      do throws(RegistrationError) {
        held.append(HeldRegistration(try strategy.register(range, access: [.localWrite])))
        total += strategy.chargedPages(for: range) * page
      } catch {
        // Only a limit of zero says EPERM; else the call itself is forbidden, as io_uring by a seccomp profile.
        let isLimit = error.code == .EPERM && (try? Memlock())?.soft == 0
        guard error.code == .ENOMEM || isLimit else { throw error }
        ending = .refused(error.code)
        step = step / 2 / page * page
      }
    }
    let registrations = held.count
    for registration in held { try registration.release() }
    withExtendedLifetime(buffer.range) {}
    if total >= bound { ending = .bounded }
    if isInterrupted() { ending = .interrupted }
    return Result(bytes: total, registrations: registrations, ending: ending)
  }
}
