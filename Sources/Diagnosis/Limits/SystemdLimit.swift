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

  private static let roots = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
  ]

  /// What the files say for `unit`, drop-ins included; `nil` where they leave it to the default.
  public init?(unit: String, below root: String = "") {
    var names = [unit]
    if let at = unit.firstIndex(of: "@"), let dot = unit.lastIndex(of: "."), at < dot {
      names.append(String(unit[...at] + unit[dot...]))
    }
    let directories = SystemdLimit.roots.map { root + $0 }
    let main = names.lazy
      .flatMap { name in directories.map { "\($0)/\(name)" } }
      .first { TextFile.firstLine($0) != nil }
    let dropIns = names.reversed()
      .flatMap { name in
        directories.reversed().flatMap { Directory.files(in: "\($0)/\(name).d", suffix: ".conf") }
      }
    self.init(key: "LimitMEMLOCK", in: (main.map { [$0] } ?? []) + dropIns)
  }

  /// What the manager's files say for all units; `nil` where they leave it to systemd's own default.
  public static func managerDefault(below root: String = "") -> SystemdLimit? {
    let dropIns = ["/usr/lib", "/run", "/etc"]
      .flatMap { Directory.files(in: "\(root)\($0)/systemd/system.conf.d", suffix: ".conf") }
    return SystemdLimit(
      key: "DefaultLimitMEMLOCK",
      in: ["\(root)/etc/systemd/system.conf"] + dropIns
    )
  }

  private init?(key: String, in files: [String]) {
    var found: SystemdLimit?
    for file in files {
      guard let text = try? TextFile.read(file) else { continue }
      for line in text.split(separator: "\n") where line.hasPrefix("\(key)=") {
        let value = line.dropFirst(key.utf8.count + 1)
        guard let bytes = SystemdLimit.softBytes(value) else { continue }
        found = SystemdLimit(file: file, text: String(line), softBytes: bytes.value)
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

  // "infinity", "64M" or "64K:1G"; `nil` for what is no limit.
  static func softBytes(_ text: Substring) -> (value: UInt64?, Void)? {
    let soft = text.split(separator: ":").first ?? ""
    if soft == "infinity" { return (nil, ()) }
    let units: [Character: UInt64] = ["K": 10, "M": 20, "G": 30, "T": 40, "P": 50]
    let shift = soft.last.flatMap { units[$0] }
    guard let number = UInt64(shift == nil ? soft : soft.dropLast()) else { return nil }
    return (number.multiplied(clamped: 1 << (shift ?? 0)), ())
  }
}
