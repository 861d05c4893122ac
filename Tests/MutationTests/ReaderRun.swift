import Glibc
import LinuxSystem

/// Inputs for one reader, in a process that may not survive them.
struct ReaderRun: Codable {
  let reader: String
  let seed: UInt64
  /// How long to go on in nanoseconds; `nil` for the reader's own number of inputs.
  let duration: UInt64?
  /// A file that always has the number of the input that is being read, so that one that ends the process is found.
  let progress: String

  /// No input takes this long, or this much memory: SIGALRM and a failed allocation end the process.
  private static let secondsPerInput: UInt32 = 60
  private static let addressSpace: rlim_t = 8 << 30

  /// Reads every input; throws the first fault.
  func run() throws {
    guard let reader = Reader.all.first(where: { $0.name == self.reader }) else { return }
    var limit = rlimit(rlim_cur: ReaderRun.addressSpace, rlim_max: ReaderRun.addressSpace)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    let descriptor = unsafe open(progress, O_WRONLY | O_CLOEXEC)
    let end = duration.map { MonotonicClock.now + $0 }
    var mutator = Mutator(seed: seed, of: reader.seeds, tokens: reader.tokens)
    var number: UInt64 = 0
    while end.map({ MonotonicClock.now < $0 }) ?? (number < reader.count) {
      let input = mutator.next()
      number += 1
      _ = unsafe pwrite(descriptor, &number, 8, 0)
      alarm(ReaderRun.secondsPerInput)
      try reader.read(input)
    }
    alarm(0)
  }

  /// The number of the last input that was begun, and the input.
  func last() -> (number: UInt64, input: [UInt8]) {
    guard let reader = Reader.all.first(where: { $0.name == self.reader }) else { return (0, []) }
    let descriptor = unsafe open(progress, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var number: UInt64 = 0
    _ = unsafe read(descriptor, &number, 8)
    var mutator = Mutator(seed: seed, of: reader.seeds, tokens: reader.tokens)
    var input: [UInt8] = []
    for _ in 0..<number { input = mutator.next() }
    return (number, input)
  }
}
