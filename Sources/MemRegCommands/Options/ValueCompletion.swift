import ArgumentParser
import Conformance
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

/// What completion offers for values whose types do not say it. Nothing of it writes to standard error: that would land in
/// the prompt.
enum ValueCompletion {
  static let devices = CompletionKind.shellCommand("ls /sys/class/infiniband 2>/dev/null")
  static let errors = CompletionKind.list(Errno.symbols)
  static let strategies = list(of: StrategyKind.allCases.map(\.rawValue))
  static let policies = list(of: ["none", "cache", "odp", "copy"])
  static let memories = list(of: MemoryKind.allValueStrings)
  static let memory = CompletionKind.custom { arguments, index, prefix in
    let word = typed(arguments, index, prefix)
    return MemoryKind.allValueStrings.filter { $0.hasPrefix(word) }.map(escaped)
  }
  static let access = list(of: AccessFlags.allValueStrings)

  /// Groups of checks, and the checks of the group that is begun.
  static let checks = CompletionKind.custom { arguments, index, prefix in
    let word = typed(arguments, index, prefix)
    let names = Catalogue.checks.map(\.name)
    guard !word.contains(".") else { return names.filter { $0.hasPrefix(word) } }
    return Set(names.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
      .filter { $0.hasPrefix(word) }
  }

  /// Values joined by commas: after a comma those that are not there yet.
  static func list(of values: [String]) -> CompletionKind {
    .custom { arguments, index, prefix in
      continued(typed(arguments, index, prefix), by: values).map(escaped)
    }
  }

  /// What `text` can become with one more of `values`.
  static func continued(_ text: String, by values: [String]) -> [String] {
    var chosen = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let begun = chosen.popLast() ?? ""
    return values.filter { $0.hasPrefix(begun) && !chosen.contains($0) }
      .map { (chosen + [$0]).joined(separator: ",") }
  }

  /// In zsh a description of the value would follow a colon.
  private static func escaped(_ value: String) -> String {
    Environment.value(of: "SAP_SHELL") == "zsh" ? value.replacing(":", with: "\\:") : value
  }

  private static func typed(_ arguments: [String], _ index: Int, _ prefix: String) -> String {
    prefix.isEmpty && arguments.indices.contains(index) ? arguments[index] : prefix
  }
}
