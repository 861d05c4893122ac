import Diagnosis
import MemoryRegistration
import RegistrationCache

extension Explainer {
  /// The line that says `error` and, if a registration failed with it, why and what helps, by what is read now.
  func message(for error: any Error) -> String {
    CommandFailure(wrapping: error).message
      + (explanation(of: error).map { "; \($0.line)" } ?? "")
  }

  private func explanation(of error: any Error) -> FailureExplanation? {
    switch error {
    case let error as RegistrationError: explain(error)
    case CacheError.registration(let error): explain(error)
    default: nil
    }
  }
}
