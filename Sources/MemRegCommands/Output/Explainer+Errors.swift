import Diagnosis
import MemoryRegistration
import RegistrationCache

extension Explainer {
  /// Explains the registration that failed with `error`, by what is read and tried now; `nil` if none did.
  func explanation(of error: any Error) -> FailureExplanation? {
    switch error {
    case let error as RegistrationError: explain(error)
    case CacheError.registration(let error): explain(error)
    default: nil
    }
  }
}
