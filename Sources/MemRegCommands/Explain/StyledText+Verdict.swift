extension StyledText {
  /// The first line of an explanation: the cause, if there is one, and the verdict.
  init(verdict: String, cause: String?, registrable: Bool?) {
    self =
      cause.map { "\("\($0):", .bad) \(verdict)" }
      ?? StyledText(verdict, registrable.map { $0 ? .good : .bad })
  }
}
