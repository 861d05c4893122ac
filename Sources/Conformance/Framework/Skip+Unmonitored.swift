import Registration

extension Skip {
  /// What `body` makes of a registration cache; skips where the address space cannot be watched.
  static func whereUnmonitored<Value>(
    _ body: () throws(CacheError) -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch {
      guard case .unmonitored = error else { throw error }
      throw Skip(error.description)
    }
  }
}
