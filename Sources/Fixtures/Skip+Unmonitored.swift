import RegistrationCache

extension Skip {
  /// What `body` makes of a registration cache; skips where the address space cannot be watched.
  package static func whereUnmonitored<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch {
      guard case .unmonitored? = error as? CacheError else { throw error }
      throw Skip("\(error)")
    }
  }
}
