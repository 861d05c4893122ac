import LinuxSystem
import MemoryRegistration

/// What one worker repeats in one case.
struct BenchTask: Sendable {
  let memory: SharedBuffer
  let length: UInt64
  let work: Work
  /// Operations between two readings of the clock.
  var batch = 1
  /// Registrations and releases in one sample of the tight loop.
  var pairs = 1

  enum Work: Sendable {
    case registering(any SampledStrategy, RegistrationBatch)
    case copying(SharedStaging)
  }

  /// Populated memory is registered again and again; cold memory needs a range of its own for each of a batch.
  func registrations(_ model: RegistrationBatch) -> RegistrationBatch {
    let page = UInt64(BasePage.size)
    let stride = memory.pages == .cold ? (length + page - 1) / page * page : 0
    return RegistrationBatch(model.first, stride: stride, count: batch, access: model.access)
  }
}
