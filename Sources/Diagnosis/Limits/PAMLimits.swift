public import HostMemory
public import LinuxSystem

/// The lines of pam_limits that concern memlock: /etc/security/limits.conf, then limits.d/*.conf by name.
public struct PAMLimits: Equatable, Sendable {
  /// What a login gets by these lines.
  public struct Outcome: Equatable, Sendable {
    /// The limits after the login.
    public let limit: Memlock
    /// The line that set the soft limit.
    public let soft: Line?
    /// The line that set the hard limit; a soft limit above it is lowered to it.
    public let hard: Line?
    /// The line that exempts the user from all others.
    public let exemption: Line?

    /// The line that decides about the soft limit: the hard one's if it lowers it.
    public var decisive: Line? {
      guard let hard else { return soft }
      guard let soft else { return hard }
      return (soft.bytes ?? .max) > (hard.bytes ?? .max) ? hard : soft
    }
  }

  /// All lines that concern memlock, in the order of reading.
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

  /// Reads the lines of one file's text that concern memlock.
  public static func parse(_ text: String, file: String) -> [Line] {
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .compactMap { Line(parsing: $1, file: file, number: $0 + 1) }
  }

  /// What a login of `user` gets, as pam_limits.c computes it; `base` is the limit of the first process, which stands in
  /// for what no line sets. Without any line the service's own limit stays.
  ///
  /// A line is dropped where a stronger one has set the same limit before: the user's own before a group's before
  /// everybody's. A line for both limits that loses the soft one leaves the hard one alone too.
  public func login(of user: UserAccount, from base: Memlock) -> Outcome {
    var limit = base
    var soft: (rank: Int, line: Line)?
    var hard: (rank: Int, line: Line)?
    for line in lines {
      guard let rank = line.rank(for: user) else { continue }
      if line.isExemption {
        return Outcome(limit: base, soft: nil, hard: nil, exemption: line)
      }
      if line.setsSoft {
        if let soft, soft.rank < rank { continue }
        soft = (rank, line)
        limit.soft = line.bytes
      }
      if line.setsHard {
        if let hard, hard.rank < rank { continue }
        hard = (rank, line)
        limit.hard = line.bytes
      }
    }
    if soft != nil || hard != nil, let most = limit.hard, limit.soft ?? .max > most {
      limit.soft = most
    }
    return Outcome(limit: limit, soft: soft?.line, hard: hard?.line, exemption: nil)
  }
}
