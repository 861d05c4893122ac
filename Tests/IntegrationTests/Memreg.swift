import Foundation
import Glibc
import Subprocess
import Testing
import Verbs

/// The built command, run as a person runs it.
enum Memreg {
  struct Result {
    let status: Int32
    let output: String
    let error: String

    /// The JSON document on standard output.
    func document() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      guard let document = value as? [String: Any] else { throw NotADocument(output: output) }
      return document
    }
  }

  struct NotADocument: Error {
    let output: String
  }

  /// The binary that `MEMREG_UNDER_TEST` names: the suite's is the release binary, as people get it, whose instructions
  /// are fewer where a processor is emulated. Else the debug one of an edit loop.
  static let path =
    ProcessInfo.processInfo.environment["MEMREG_UNDER_TEST"] ?? ".build/debug/memreg"

  /// Runs memreg with `arguments` to its end.
  static func run(_ arguments: String...) async throws -> Result {
    try await shell(["exec", path] + arguments)
  }

  /// Runs the words as a command of the shell, so that limits and users can be set before memreg starts.
  static func shell(_ words: [String]) async throws -> Result {
    let line = words.map { $0.allSatisfy(isPlain) ? $0 : "'\($0)'" }.joined(separator: " ")
    return try await shell(line)
  }

  /// Runs memreg with arguments that it must refuse: by one line on standard error, and status 64.
  static func expectRefusal(of arguments: [String]) async throws {
    let result = try await shell([path] + arguments)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
  }

  /// Runs one line of shell.
  static func shell(_ line: String) async throws -> Result {
    let result = try await Subprocess.run(
      .name("sh"),
      arguments: ["-c", line],
      output: .string(limit: 1 << 26),
      error: .string(limit: 1 << 20)
    )
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return Result(
      status: status,
      output: result.standardOutput,
      error: result.standardError
    )
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "-_./:,=".contains(character)
  }
}

/// The soft-RoCE device that these tests need.
enum RXE {
  /// Whether a device named rxe0 exists here.
  static let isPresent = (try? Device.all().contains { $0.name == "rxe0" }) ?? false

  /// Why a suite is skipped without one.
  static let reason = "no rxe0 on this machine; `make test` runs this suite in the microVM"

  /// Major and minor version of the running kernel.
  static var kernel: (Int, Int) {
    var names = utsname()
    _ = unsafe uname(&names)
    let release = unsafe withUnsafeBytes(of: &names.release) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let parts = release.split { $0 == "." || $0 == "-" }.prefix(2).map { Int($0) ?? 0 }
    return (parts.first ?? 0, parts.last ?? 0)
  }
}
