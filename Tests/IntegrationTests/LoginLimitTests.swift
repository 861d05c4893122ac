import Diagnosis
import Foundation
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

  init(_ random: inout SplitMix64) {
    let limits: [UInt64?] = [64 << 10, 8 << 20, 32 << 20, nil]
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

  /// What memreg foresees.
  func foreseen(for user: UserAccount) -> Memlock {
    let lines = [(main, "limits.conf"), (first, "a.conf"), (second, "b.conf")]
      .flatMap { PAMLimits.parse($0, file: $1) }
    return PAMLimits(lines: lines).login(of: user, from: base).limit
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `The limit that a login gets` {
  @Test func `is foreseen for 500 generated sets of files of the real pam_limits`() async throws {
    let count = 500
    let user = try #require(UserAccount("nobody"))
    try #require(PAMStack.appliesLimits("su") == true)
    var random = SplitMix64(seed: TestSeed.value)
    let cases = (0..<count).map { _ in LoginCase(&random) }
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
      let limit = login.foreseen(for: user)
      let foreseen = "\(text(limit.soft)) \(text(limit.hard))"
      if foreseen != real {
        wrong += 1
        if wrong <= 8 { Issue.record("\(login): foreseen \(foreseen), real \(real)") }
      }
    }
    #expect(wrong == 0)
  }

  @Test(
    arguments: [
      ("* soft memlock unlimited", "8192"), ("* hard memlock 4096", "4096"),
      ("nobody - memlock 12", "12"),
    ]
  )
  func `is told by memreg limits --user`(line: String, kibibytes: String) async throws {
    let result = try await Memreg.shell(
      """
      cat >/tmp/user-limits.$$ <<'END'
      mount -t tmpfs none /etc/security/limits.d
      echo '\(line)' >/etc/security/limits.d/rdma.conf
      \(Memreg.path) limits --user nobody --json
      su nobody -s /bin/sh -c 'ulimit -S -l' >&2
      END
      unshare --mount sh /tmp/user-limits.$$; rm /tmp/user-limits.$$
      """
    )
    let report = try result.document()
    #expect(result.error.contains(kibibytes))
    #expect(report["login_soft_bytes"] as? Int == Int(kibibytes).map { $0 << 10 })
  }
}
