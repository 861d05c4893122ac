import Benchmarking
import Documents
import HostMemory
import MemoryRegistration

extension BenchCommand {
  /// The axes of the command line, or one line that says which argument is wrong.
  func checkedAxes() throws(CommandFailure) -> BenchAxes {
    var states: [BenchCase.PageState] = []
    if populated || !cold { states.append(.populated) }
    if cold { states.append(.cold) }
    let kinds = try ListArgument.memory(memory, option: "--memory")
    if cold, let file = kinds.first(where: { if case .file = $0 { true } else { false } }) {
      throw CommandFailure(
        "--cold: the pages of \(file.name) cannot be discarded; use memfd",
        status: .usage
      )
    }
    let threads = try ListArgument.numbers(
      threads,
      option: "--threads",
      in: 1...BenchAxes.mostThreads
    )
    let lengths: [UInt64]
    if let sizes {
      lengths = try ListArgument.sizes(sizes, option: "--sizes")
    } else {
      lengths = BenchAxes.usualLengths(under: .ofThisProcess(), threads: threads.max() ?? 1)
    }
    return BenchAxes(
      lengths: lengths,
      memory: kinds,
      pages: states,
      access: access,
      threads: threads,
      resident: try ListArgument.numbers(
        resident,
        option: "--resident",
        in: 0...BenchAxes.mostResident
      ),
      iterations: try count(iterations, "--iterations", from: 1),
      duration: try checkedDuration(),
      warmup: try count(warmup, "--warmup", from: 0) ?? 0,
      stages: stages
    )
  }

  /// The percentage of --max-regression, which needs --compare.
  func checkedTolerance() throws(CommandFailure) -> Double? {
    guard maxRegression == nil || compare != nil else {
      throw CommandFailure("--max-regression needs --compare FILE", status: .usage)
    }
    return try decimal(maxRegression, "--max-regression", in: 0...1000, "percent")
  }

  private func count(
    _ text: String?,
    _ option: String,
    from least: Int
  ) throws(CommandFailure) -> Int? {
    guard let text else { return nil }
    return try ListArgument.number(text, option: option, in: least...BenchAxes.mostIterations)
  }

  private func checkedDuration() throws(CommandFailure) -> Double? {
    guard duration == nil || iterations == nil else {
      throw CommandFailure("--duration and --iterations exclude each other", status: .usage)
    }
    return try decimal(duration, "--duration", in: 0.01...86_400, "seconds")
  }

  private func decimal(
    _ text: String?,
    _ option: String,
    in range: ClosedRange<Double>,
    _ unit: String
  ) throws(CommandFailure) -> Double? {
    guard let text else { return nil }
    return try ListArgument.decimal(text, option: option, in: range, unit: unit)
  }
}
