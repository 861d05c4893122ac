/// A kernel function to watch, and what its entry and return mean.
struct Site {
  /// What the function is to a registration.
  enum Role {
    /// It is what is traced.
    case call(CallKind, CallTraits)
    /// It is called by what is traced. Within calls of the kind `unlessIn` it counts for nothing.
    case stage(Stage, unlessIn: CallKind?)
  }

  let function: KernelFunction
  let role: Role
  /// What to note at the entry.
  var atEntry: [Capture] = []
  /// What to note at the return, if it succeeds.
  var atReturn: [Capture] = []
}

/// How a traced function is called.
struct CallTraits {
  /// Whether a driver's function lies within it.
  var isVerbs = false
  /// Whether it can also be called within another call that is traced, and then is none itself.
  var isInner = false
  /// What must hold of an argument.
  var condition: CallCondition?
}

/// What must hold of an argument for a call to be traced.
struct CallCondition {
  enum Expectation {
    case nonzero
    case equal(Int32)
  }

  let argument: Int
  let member: Capture.Member
  let expectation: Expectation
}
