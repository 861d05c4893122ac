import Glibc
import LinuxSystem

extension PAMLimits {
  /// One line that sets memlock, or that exempts from all limits.
  public struct Line: Equatable, Sendable {
    /// The file it stands in.
    public let file: String
    /// Its number, from 1.
    public let number: Int
    /// Its text, spaces made single.
    public let text: String
    /// Whom it names: a user, `@group`, `%group`, `*` or a range of ids.
    public let domain: String
    /// Whether it sets the soft limit.
    public let setsSoft: Bool
    /// Whether it sets the hard limit.
    public let setsHard: Bool
    /// Whether it is `NAME -`, which exempts NAME from all limits.
    public let isExemption: Bool
    /// The limit in bytes, `nil` being unlimited.
    public let bytes: UInt64?

    /// "/etc/security/limits.conf:12: * soft memlock 64".
    public var evidence: String { "\(file):\(number): \(text)" }
  }
}

extension PAMLimits.Line {
  /// Reads one line as `sscanf("%s%s%s%s")` does, which has no use for a fifth word; `nil` if it does not concern memlock.
  init?(parsing line: Substring.UTF8View, file: String, number: Int) {
    let isSpace: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
    let words = line.prefix { $0 != UInt8(ascii: "#") }.split(whereSeparator: isSpace).prefix(4)
      .map { String(decoding: $0, as: UTF8.self) }
    self.file = file
    self.number = number
    text = words.joined(separator: " ")
    if words.count == 2, words[1].hasPrefix("-") {
      domain = words[0]
      (setsSoft, setsHard, isExemption, bytes) = (false, false, true, nil)
      return
    }
    guard words.count == 4, words[2].lowercased() == "memlock",
      ["soft", "hard", "-"].contains(words[1].lowercased()),
      let limit = Self.limit(words[3].lowercased())
    else { return nil }
    domain = words[0]
    setsSoft = words[1] != "-" ? words[1].lowercased() == "soft" : true
    setsHard = words[1] != "-" ? words[1].lowercased() == "hard" : true
    isExemption = false
    bytes = limit.bytes
  }

  // The value in bytes, `nil` inside for unlimited: `strtoull(3)`, whatever follows the digits, in KiB.
  private static func limit(_ text: String) -> (bytes: UInt64?, Void)? {
    if ["-1", "-", "unlimited", "infinity"].contains(text) { return (nil, ()) }
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits.removeFirst() }
    digits = digits.prefix { ("0"..."9").contains($0) }
    guard !digits.isEmpty else { return nil }
    guard let magnitude = UInt64(digits) else { return (nil, ()) }
    let kibibytes = isNegative ? 0 &- magnitude : magnitude
    return (kibibytes >= .max / 1024 ? nil : kibibytes * 1024, ())
  }

  /// How strongly the line holds for `user`, 0 the strongest; `nil` if it does not. For root only lines that name it count.
  ///
  /// `%` is about numbers of logins; it sets no memlock, and a name behind it exempts nobody, yet a range of ids does
  /// (found with the real pam_limits of Linux-PAM 1.5.2).
  func rank(for user: UserAccount) -> Int? {
    if domain == user.name { return 0 }
    let isGroup = domain.hasPrefix("@") || domain.hasPrefix("%")
    guard isExemption || !domain.hasPrefix("%"),
      let range = IDRange(isGroup ? String(domain.dropFirst()) : domain)
    else { return nil }
    if !isGroup {
      guard range == .none else { return range.contains(user.id) ? 0 : nil }
      return domain == "*" && !isExemption && user.id != 0 ? 2 : nil
    }
    guard user.id != 0 else { return nil }
    let isMember =
      switch range {
      case .none: !domain.hasPrefix("%") && user.groups.contains(String(domain.dropFirst()))
      case .exact(let id): user.groupIDs.contains(id) || user.group == id
      case .between: range.contains(user.group)
      }
    return isMember ? 1 : nil
  }
}

/// "1000:2000", "1000:" or ":2000", the last of which means that very id.
private enum IDRange: Equatable {
  case none
  case exact(UInt32)
  case between(UInt32, UInt32)

  /// `nil` for a range that pam_limits skips.
  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else {
      self = .none
      return
    }
    let (low, high) = (text[..<colon], text[text.index(after: colon)...])
    if low.isEmpty {
      guard !high.isEmpty else {
        self = .none
        return
      }
      guard let id = UInt32(high) else { return nil }
      self = .exact(id)
      return
    }
    guard let first = UInt32(low) else { return nil }
    guard let last = high.isEmpty ? UInt32.max : UInt32(high), first <= last else { return nil }
    self = .between(first, last)
  }

  func contains(_ id: UInt32) -> Bool {
    switch self {
    case .none: false
    case .exact(let other): id == other
    case .between(let low, let high): (low...high).contains(id)
    }
  }
}
