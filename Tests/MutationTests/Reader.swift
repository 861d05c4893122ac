import Glibc

/// Code that reads input from outside; it may refuse the input, and nothing else may go wrong.
struct Reader: Sendable {
  /// What went wrong although nothing trapped.
  struct Fault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  let name: String
  /// Inputs that are right, or nearly so.
  let seeds: [[UInt8]]
  /// What the format is made of.
  let tokens: [String]
  /// How many inputs `make test` gives it.
  let count: Int
  /// Reads an input, and looks at what became of it.
  let read: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String,
    count: Int = 4000,
    texts: [String],
    tokens: [String] = [],
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.init(name, count: count, seeds: texts.map { Array($0.utf8) }, tokens: tokens, read: read)
  }

  init(
    _ name: String,
    count: Int = 4000,
    seeds: [[UInt8]],
    tokens: [String] = [],
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.count = count
    self.seeds = seeds
    self.tokens = tokens
    self.read = read
  }

  static let all = documents + commands + system + wires

  /// Gives `body` the path of a file that holds `bytes`.
  static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let path = temporaryFile()
    defer { _ = unsafe unlink(path) }
    try write(bytes, to: path)
    try body(path)
  }

  static func temporaryFile() -> String {
    var template = Array("/tmp/memreg-mutation-XXXXXX".utf8CString)
    close(unsafe mkstemp(&template))
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    try require(count == bytes.count, "an input cannot be written: errno \(errno)")
  }

  static func require(_ condition: Bool, _ fault: String) throws {
    if !condition { throw Fault(fault) }
  }
}
