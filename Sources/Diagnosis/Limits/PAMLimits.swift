import Glibc
public import LinuxSystem

/// The memlock lines of pam_limits: /etc/security/limits.conf, then limits.d/*.conf by name.
public struct PAMLimits: Equatable, Sendable {
  /// One line that sets memlock.
  public struct Line: Equatable, Sendable {
    /// The file it stands in.
    public let file: String
    /// Its number, from 1.
    public let number: Int
    /// Its text, spaces made single.
    public let text: String
    /// Whom it names: a user, `@group`, `*` or a range of ids.
    public let domain: String
    /// Whether it sets the soft limit.
    public let setsSoft: Bool
    /// Whether it sets the hard limit.
    public let setsHard: Bool
    /// The limit in bytes, `nil` being unlimited.
    public let bytes: UInt64?

    /// "/etc/security/limits.conf:12: * soft memlock 64".
    public var evidence: String { "\(file):\(number): \(text)" }
  }

  /// All lines that set memlock, in the order of reading.
  public let lines: [Line]

  /// Reads the files of this system.
  public init() {
    var lines = PAMLimits.parse(
      (try? TextFile.read("/etc/security/limits.conf")) ?? "",
      file: "/etc/security/limits.conf"
    )
    for file in Directory.files(in: "/etc/security/limits.d", suffix: ".conf") {
      lines += PAMLimits.parse((try? TextFile.read(file)) ?? "", file: file)
    }
    self.lines = lines
  }

  /// Takes lines that were read.
  public init(lines: [Line]) { self.lines = lines }

  /// Reads the memlock lines of one file's text.
  public static func parse(_ text: String, file: String) -> [Line] {
    var lines: [Line] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let content = line.prefix { $0 != "#" }
      let fields = content.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard fields.count == 4, fields[2] == "memlock", ["soft", "hard", "-"].contains(fields[1])
      else { continue }
      let isUnlimited = ["unlimited", "infinity", "-1"].contains(fields[3])
      let kibibytes = UInt64(fields[3])
      guard isUnlimited || kibibytes != nil else { continue }
      lines.append(
        Line(
          file: file,
          number: index + 1,
          text: fields.joined(separator: " "),
          domain: fields[0],
          setsSoft: fields[1] != "hard",
          setsHard: fields[1] != "soft",
          bytes: isUnlimited ? nil : kibibytes.map { $0.multiplied(clamped: 1024) }
        )
      )
    }
    return lines
  }

  /// The lines that decide for `user`: the user's own before a group's before `*`, the later of equals.
  public func lines(for user: UserAccount) -> (soft: Line?, hard: Line?) {
    func strongest(_ candidates: [Line]) -> Line? {
      let ranked = candidates.compactMap { line in rank(line, for: user).map { ($0, line) } }
      guard let best = ranked.map(\.0).min() else { return nil }
      return ranked.last { $0.0 == best }?.1
    }
    return (strongest(lines.filter(\.setsSoft)), strongest(lines.filter(\.setsHard)))
  }

  // As pam_limits.c orders its sources; for root only a line that names root counts.
  private func rank(_ line: Line, for user: UserAccount) -> Int? {
    if line.domain == user.name { return 0 }
    if let range = PAMLimits.ids(line.domain), range.contains(user.id) { return 0 }
    guard user.id != 0 else { return nil }
    if line.domain.hasPrefix("@") {
      let group = line.domain.dropFirst()
      if user.groups.contains(String(group)) { return 1 }
      return PAMLimits.ids(String(group))?.contains(user.group) == true ? 1 : nil
    }
    return line.domain == "*" ? 2 : nil
  }

  // "1000:2000", "1000:" or ":2000".
  private static func ids(_ text: String) -> ClosedRange<UInt32>? {
    let bounds = text.split(separator: ":", omittingEmptySubsequences: false)
    guard bounds.count == 2 else { return nil }
    let low = bounds[0].isEmpty ? 0 : UInt32(bounds[0])
    let high = bounds[1].isEmpty ? UInt32.max : UInt32(bounds[1])
    guard let low, let high, low <= high else { return nil }
    return low...high
  }
}
