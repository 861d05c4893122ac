import LinuxSystem
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `A machine that may promise no more memory` {
  /// Runs `command` where 128 MiB more may be promised, and gives `CommitLimit` with its result.
  private func memreg(_ command: String) async throws -> (result: Memreg.Result, limitBytes: UInt64)
  {
    let result = try await Memreg.shell(
      """
      mode=$(sysctl -n vm.overcommit_memory) ratio=$(sysctl -n vm.overcommit_ratio)
      sysctl -qw vm.overcommit_kbytes=$(awk '/^Committed_AS/ { print $2 + 131072 }' /proc/meminfo)
      sysctl -qw vm.overcommit_memory=2
      awk '/^CommitLimit/ { print $2 }' /proc/meminfo >&2
      \(command)
      status=$?
      sysctl -qw vm.overcommit_memory=$mode vm.overcommit_ratio=$ratio
      exit $status
      """
    )
    let first = try #require(result.error.split(separator: "\n").first.flatMap { UInt64($0) })
    return (result, first << 10)
  }

  @Test func `is bound by CommitLimit, which memreg limits lists`() async throws {
    let (result, limitBytes) = try await memreg("\(Memreg.path) limits --json")
    let report = try result.document()
    #expect(report["bound_by"] as? String == "commit_limit")
    let bounds = try #require(report["bounds"] as? [[String: Any]])
    let bound = try #require(bounds.first { $0["kind"] as? String == "commit_limit" })
    #expect(bound["limit_bytes"] as? UInt64 == limitBytes)
    #expect(bound["setting"] as? String == "vm.overcommit_memory")
    #expect(bound["bytes"] as? UInt64 ?? .max <= 128 << 20)
  }

  @Test func `is named as the cause, and registers after the remedy as printed`() async throws {
    let (result, limitBytes) = try await memreg(
      """
      said=$(\(Memreg.path) explain --size 192M); echo "status $?"; echo "$said"
      sh -c "$(echo "$said" | tail -n 1)" >&2
      \(Memreg.path) register --size 192M >&2
      """
    )
    #expect(result.status == 0, "\(result.error)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.first == "status 1")
    let verdict =
      "commit_limit: vm.overcommit_memory is 2: the machine may promise "
      + "\(SizeText.text(limitBytes)), "
    #expect(lines.dropFirst().first?.hasPrefix(verdict) == true, "\(result.output)")
    #expect(lines.last?.hasPrefix("  sysctl vm.overcommit_memory=0    # as root") == true)
  }
}
