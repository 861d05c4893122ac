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
    guard let type = unit.split(scalar: ".").last, let section = SystemdLimit.sections[type]
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

  // By bytes, as systemd reads them: a combining character after a blank or a bracket changes neither.
  private init?(key: String, section: String, in files: [String]) {
    var found: SystemdLimit?
    for file in files {
      guard let bytes = try? TextFile.bytes(file) else { continue }
      var current: [UInt8] = []
      for line in SystemdLimit.lines(bytes) {
        if line.first == UInt8(ascii: "[") { current = line }
        guard current.elementsEqual(section.utf8),
          let equals = line.firstIndex(of: UInt8(ascii: "=")),
          SystemdLimit.trimmed(line[..<equals]).elementsEqual(key.utf8)
        else { continue }
        let value = SystemdLimit.text(line[(equals + 1)...])
        guard let bytes = SystemdLimit.softBytes(value) else { continue }
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
  private static func lines(_ text: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var begun: [UInt8] = []
    for line in text.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      let plain = trimmed(line)
      if plain.first == UInt8(ascii: "#") || plain.first == UInt8(ascii: ";") { continue }
      if plain.last == UInt8(ascii: "\\") {
        begun += plain.dropLast() + [0x20]
      } else {
        lines.append(Array(trimmed((begun + plain)[...])))
        begun = []
      }
    }
    return begun.isEmpty ? lines : lines + [Array(trimmed(begun[...]))]
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    let rest = line.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return [] }
    return rest[...last]
  }

  private static func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: trimmed(line), as: UTF8.self)
  }

  // "infinity", "64M" or "64K:1G"; `nil` for what systemd ignores: no limit, or a soft one above the hard one.
  package static func softBytes(_ text: String) -> (value: UInt64?, Void)? {
    let parts = Array(text.utf8)
      .split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    let sizes = parts.map { size(trimmed($0)) }
    guard let soft = sizes.first ?? nil, let hard = sizes.last ?? nil,
      soft.value ?? .max <= hard.value ?? .max
    else { return nil }
    return soft
  }

  private static func size(_ text: ArraySlice<UInt8>) -> (value: UInt64?, Void)? {
    if text.elementsEqual("infinity".utf8) { return (nil, ()) }
    let shift = text.last.flatMap { unit in
      Array("BKMGTPE".utf8).firstIndex(of: unit).map { UInt64($0) * 10 }
    }
    guard let number = UInt64(self.text(shift == nil ? text : text.dropLast())) else { return nil }
    return (number.multiplied(clamped: 1 << (shift ?? 0)), ())
  }
}
