import LinuxSystem

/// A memlock setting in systemd's files: LimitMEMLOCK= of a unit or DefaultLimitMEMLOCK= of the manager.
public struct SystemdLimit: Equatable, Sendable {
  /// The file that decides.
  public let file: String
  /// The line as it stands.
  public let text: String
  /// The soft limit in bytes, `nil` being unlimited.
  public let softBytes: UInt64?

  /// "/etc/systemd/system/slurmd.service: LimitMEMLOCK=infinity".
  public var evidence: String { "\(file): \(text)" }

  private static let sections: [Substring: String] = [
    "service": "[Service]", "socket": "[Socket]", "mount": "[Mount]", "swap": "[Swap]",
  ]

  /// What the files say for `unit`, drop-ins included; `nil` where they leave it to the default.
  public init?(unit: String, below root: String = "") {
    guard let type = unit.split(separator: ".").last, let section = SystemdLimit.sections[type]
    else { return nil }
    self.init(
      key: "LimitMEMLOCK",
      section: section,
      in: SystemdFiles.ofUnit(unit, below: root)
    )
  }

  /// What the manager's files say for all units; `nil` where they leave it to systemd's own default.
  public static func managerDefault(below root: String = "") -> SystemdLimit? {
    SystemdLimit(
      key: "DefaultLimitMEMLOCK",
      section: "[Manager]",
      in: SystemdFiles.ofManager(below: root)
    )
  }

  private init?(key: String, section: String, in files: [String]) {
    var found: SystemdLimit?
    for file in files {
      guard let text = try? TextFile.read(file) else { continue }
      var current = ""
      for line in SystemdLimit.lines(text) {
        if line.hasPrefix("[") { current = line }
        guard current == section, let equals = line.firstIndex(of: "=") else { continue }
        let value = SystemdLimit.trimmed(line[line.index(after: equals)...])
        guard SystemdLimit.trimmed(line[..<equals]) == key,
          let bytes = SystemdLimit.softBytes(value)
        else { continue }
        found = SystemdLimit(file: file, text: "\(key)=\(value)", softBytes: bytes.value)
      }
    }
    guard let found else { return nil }
    self = found
  }

  private init(file: String, text: String, softBytes: UInt64?) {
    self.file = file
    self.text = text
    self.softBytes = softBytes
  }

  // Without comments, also inside a line that goes on after a backslash, as systemd joins them.
  private static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var begun = ""
    for line in text.unicodeScalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
      let plain = trimmed(Substring(line))
      if plain.hasPrefix("#") || plain.hasPrefix(";") { continue }
      if plain.hasSuffix("\\") {
        begun += plain.dropLast() + " "
      } else {
        lines.append(trimmed(begun + plain))
        begun = ""
      }
    }
    return begun.isEmpty ? lines : lines + [trimmed(begun[...])]
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    let rest = text.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(rest[...last])
  }

  // "infinity", "64M" or "64K:1G"; `nil` for what systemd ignores: no limit, or a soft one above the hard one.
  package static func softBytes(_ text: String) -> (value: UInt64?, Void)? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let sizes = parts.map { size(trimmed($0)) }
    guard let soft = sizes.first ?? nil, let hard = sizes.last ?? nil,
      soft.value ?? .max <= hard.value ?? .max
    else { return nil }
    return soft
  }

  private static func size(_ text: String) -> (value: UInt64?, Void)? {
    if text == "infinity" { return (nil, ()) }
    let units: [Character: UInt64] = [
      "B": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60,
    ]
    let shift = text.last.flatMap { units[$0] }
    guard let number = UInt64(trimmed(shift == nil ? text[...] : text.dropLast())) else {
      return nil
    }
    return (number.multiplied(clamped: 1 << (shift ?? 0)), ())
  }
}
