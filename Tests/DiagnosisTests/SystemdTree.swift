import Diagnosis
import Foundation
import Measurement

/// A root of systemd's files in a temporary directory, which goes with it.
final class SystemdTree {
  private static let analyze = "/usr/bin/systemd-analyze"
  static let canAnalyze = FileManager.default.isExecutableFile(atPath: analyze)

  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func write(_ path: String, _ text: String) throws {
    let file = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
  }

  /// What memreg reads for `unit`.
  func limit(_ unit: String) -> SystemdLimit? { SystemdLimit(unit: unit, below: root.path) }

  /// What memreg reads for the manager.
  var managerDefault: SystemdLimit? { SystemdLimit.managerDefault(below: root.path) }

  /// A file of zero to three sections, most of which set the limit.
  func text(_ random: inout SplitMix64) -> String {
    (0..<Int.random(in: 0...3, using: &random))
      .map { _ in
        let section = Int.random(in: 0...3, using: &random) == 0 ? "Unit" : "Service"
        let mark = Int.random(in: 0...4, using: &random) == 0 ? "#" : ""
        return "[\(section)]\n\(mark)LimitMEMLOCK=\(Int.random(in: 1...999, using: &random))M\n"
      }
      .joined()
  }

  /// "FILE: LINE" of the assignment to the service that systemd-analyze shows last.
  func analyzed(_ unit: String) throws -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: SystemdTree.analyze)
    process.arguments = ["--root=\(root.path)", "cat-config", "systemd/system/\(unit)"]
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    var (file, section, found) = (Substring(), Substring(), nil as String?)
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("# /") {
        (file, section) = (line.dropFirst(2), "")
      } else if line.hasPrefix("[") {
        section = line
      } else if section == "[Service]", line.hasPrefix("LimitMEMLOCK=") {
        found = "\(file): \(line)"
      }
    }
    return found
  }
}
