/// A function of the kernel as its type information describes it.
struct KernelFunction: Equatable, Sendable {
  /// What a function returns, which says how to read the register.
  enum Result: Equatable, Sendable {
    case nothing
    /// `int` and shorter: the upper half of the register is undefined.
    case int
    /// `long`, or a pointer, which may carry an errno (`ERR_PTR`).
    case long
  }

  let name: String
  /// The module it is in, or `nil` for the kernel itself.
  let module: String?
  /// Its number in the type information; `nil` if only its name is known.
  let type: UInt32?
  /// The names of its parameters.
  let parameters: [String]
  let result: Result
}

extension KernelFunction {
  /// A function of which only the name is known.
  init(_ symbol: KernelSymbols.Function, returning result: Result) {
    self.init(name: symbol.name, module: symbol.module, type: nil, parameters: [], result: result)
  }
}
