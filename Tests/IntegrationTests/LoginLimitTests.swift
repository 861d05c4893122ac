import Diagnosis
import Foundation
import Glibc
import HostMemory
import LinuxSystem
import Measurement
import Randomness
import Testing

/// Files for pam_limits of a generated kind, with the limits that the login starts with.
private struct LoginCase {
  let base: Memlock
  let main: String
  let first: String
  let second: String

  init(_ random: inout SplitMix64, below most: UInt64?) {
    let limits = ([64 << 10, 2 << 20, 8 << 20, nil] as [UInt64?])
      .filter { $0 ?? .max <= most ?? .max }
    let hard = limits.randomElement(using: &random) ?? nil
    let soft = limits.filter { $0 ?? .max <= hard ?? .max }.randomElement(using: &random) ?? nil
    base = Memlock(soft: soft, hard: hard)
    main = LoginCase.file(&random)
    first = LoginCase.file(&random)
    second = LoginCase.file(&random)
  }

  private static func file(_ random: inout SplitMix64) -> String {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in line(&random) }.joined(separator: "\n")
      + (Bool.random(using: &random) ? "\n" : "")
  }

  private static func line(_ random: inout SplitMix64) -> String {
    let domains = [
      "nobody", "nobody", "*", "*", "*", "@nogroup", "%nogroup", "%", "root", "@root", "Nobody",
      "65534:65534", ":65534", ":65535", "60000:", "0:100", "@:65534", "@60000:65535", "9:1", ":",
      "x:", "@nogroup2", "%:65534", "*:",
    ]
    let types = ["soft", "hard", "-", "soft", "hard", "-", "SOFT", "Hard", "both", "--"]
    let items = ["memlock", "memlock", "memlock", "memlock", "MemLock", "memlocks", "locks"]
    let values = [
      "64", "4096", "8192", "16384", "65536", "unlimited", "infinity", "-1", "-", "-5", "0x10",
      "12abc", "abc", "+7", "0", "18014398509481983", "18014398509481984", "18446744073709551615",
      "99999999999999999999", "-99999999999999999999", "Unlimited", "-0", "--1", "7.9",
    ]
    let ends = ["", "", "", " # remark", "#", " more words", "\r", "\t"]
    let gaps = [" ", "\t", "   "]
    func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return "# \(pick(domains)) hard memlock 1"
    case 1: return "\(pick(domains)) -" + pick(["", " ", "x", " # all"])
    case 2: return "\(pick(domains)) \(pick(types)) memlock"
    default:
      let words = [pick(domains), pick(types), pick(items), pick(values)]
      return pick(["", " ", "\t"]) + words.joined(separator: pick(gaps)) + pick(ends)
    }
  }

  /// What memreg foresees of a login whose service has the limit `base`.
  func foreseen(for user: UserAccount, canRaise: Bool) -> Memlock {
    let lines = [(main, "limits.conf"), (first, "a.conf"), (second, "b.conf")]
      .flatMap { PAMLimits.parse($0, file: $1) }
    let outcome = PAMLimits(lines: lines).login(of: user, from: LimitContext.base)
    guard outcome.decisive != nil else { return base }
    // A container without CAP_SYS_RESOURCE keeps what it has.
    let isRaised = outcome.limit.hard ?? .max > base.hard ?? .max
    return isRaised && !canRaise ? base : outcome.limit
  }
}

@Suite(
  .enabled(
    if: !RXE.isPresent && getuid() == 0 && PAMStack.appliesLimits("su") == true,
    "needs root and su with pam_limits; 500 logins take minutes where instructions are emulated"
  )
)
struct `The limit that a login gets` {
  @Test func `is foreseen for 500 generated sets of files of the real pam_limits`() async throws {
    let count = 500
    let user = try #require(UserAccount("nobody"))
    let canRaise = try Capability.sysResource.isGranted
    let hard = try Memlock().hard
    var random = SplitMix64(seed: TestSeed.value)
    let cases = (0..<count).map { _ in LoginCase(&random, below: canRaise ? nil : hard) }
    let directory = "/dev/shm/memreg-logins"
    for (index, login) in cases.enumerated() {
      let path = "\(directory)/\(index)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      func kibibytes(_ bytes: UInt64?) -> String { bytes.map(String.init) ?? "unlimited" }
      for (name, text) in [
        ("limits.conf", login.main), ("a.conf", login.first), ("b.conf", login.second),
        ("base", "\(kibibytes(login.base.soft)):\(kibibytes(login.base.hard))"),
      ] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
      }
    }
    // Mounts of a namespace of their own: the system's files stay as they are.
    let result = try await Memreg.shell(
      """
      cat >\(directory)/run <<'END'
      mount -t tmpfs none /etc/security/limits.d
      touch \(directory)/limits.conf
      mount --bind \(directory)/limits.conf /etc/security/limits.conf
      for i in $(seq 0 \(count - 1)); do
        cd \(directory)/$i
        cat limits.conf >/etc/security/limits.conf
        cp a.conf b.conf /etc/security/limits.d
        prlimit --memlock="$(cat base)" su nobody -s /bin/sh -c 'echo $(ulimit -S -l) $(ulimit -H -l)'
      done
      END
      unshare --mount sh \(directory)/run; status=$?; rm -r \(directory); exit $status
      """
    )
    let lines = result.output.split(separator: "\n").map(String.init)
    try #require(lines.count == count, "\(result.error.suffix(400))")
    func text(_ bytes: UInt64?) -> String { bytes.map { "\($0 >> 10)" } ?? "unlimited" }
    var wrong = 0
    for (login, real) in zip(cases, lines) {
      let limit = login.foreseen(for: user, canRaise: canRaise)
      let foreseen = "\(text(limit.soft)) \(text(limit.hard))"
      if foreseen != real {
        wrong += 1
        if wrong <= 8 { Issue.record("\(login): foreseen \(foreseen), real \(real)") }
      }
    }
    #expect(wrong == 0)
  }

  @Test func `is told by memreg limits --user`() async throws {
    let result = try await Memreg.shell(
      """
      cat >/tmp/user-limits.$$ <<'END'
      mount -t tmpfs none /etc/security/limits.d
      echo '* hard memlock 48' >/etc/security/limits.d/rdma.conf
      \(Memreg.path) limits --user nobody --json
      su nobody -s /bin/sh -c 'ulimit -S -l' >&2
      END
      unshare --mount sh /tmp/user-limits.$$; rm /tmp/user-limits.$$
      """
    )
    #expect(result.error == "48\n")
    let report = try result.document()
    #expect(report["login_soft_bytes"] as? Int == 48 << 10)
  }
}
