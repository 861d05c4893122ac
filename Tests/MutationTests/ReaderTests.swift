import Glibc
import LinuxSystem
import Testing

/// `make test` gives each reader a fixed number of inputs; MEMREG_MUTATION_MINUTES, by `make fuzz`, divides so many
/// minutes among them, with seeds of its own. MEMREG_MUTATION_SEED sets the seed.
@Suite(.serialized) struct `Readers of input from outside` {
  private static let corpus = "\(#filePath.dropLast("ReaderTests.swift".utf8.count))Corpus"

  private static func variable(_ name: String) -> UInt64? {
    unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
  }

  @Test(arguments: Reader.all.map(\.name))
  func `refuse or take whatever is mutated`(name: String) async throws {
    let minutes = Self.variable("MEMREG_MUTATION_MINUTES")
    let seed =
      Self.variable("MEMREG_MUTATION_SEED") ?? (minutes == nil ? 1 : UInt64.random(in: 0 ... .max))
    let progress = Reader.temporaryFile()
    defer { _ = unsafe unlink(progress) }
    let run = ReaderRun(
      reader: name,
      seed: seed,
      duration: minutes.map { $0 * 60_000_000_000 / UInt64(Reader.all.count) },
      progress: progress
    )
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      [run = run as ReaderRun] in
      try run.run()
    }
    guard result == nil else {
      if minutes != nil { print("\(name): \(run.last().number) inputs of seed \(seed)") }
      return
    }
    let (number, input) = run.last()
    let kept = "/tmp/memreg-input-\(seed)-\(number)"
    try Reader.write(input, to: kept)
    Issue.record(
      "\(name): input \(number) of seed \(seed), kept in \(kept): \(String(decoding: input.prefix(200), as: UTF8.self))"
    )
  }

  /// Corpus/READER/NAME: inputs that were faults once.
  @Test(arguments: Reader.all.map(\.name))
  func `refuse or take what was a fault once`(name: String) async throws {
    let place = "\(Self.corpus)/\(name.split(separator: " ").joined(separator: "-"))"
    for file in Directory.names(in: place) {
      let path = "\(place)/\(file)"
      await #expect(processExitsWith: .success, "\(path)") {
        [name = name as String, path = path as String] in
        alarm(60)
        try Reader.all.first { $0.name == name }?.read(try InputFile.bytes(path))
      }
    }
  }
}
