import LinuxSystem
import Testing

/// SIGINT in the middle of loops that would go on for minutes.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `SIGINT to a long loop on rxe` {
  private static let commands = [
    "cache --pattern heap --uses 2000000", "cache --pattern random --buffers 4096 --uses 2000000",
    "cache --pattern mpi --uses 2000000 --policy none", "bench --sizes 4K -n 10000000",
    "bench --sizes 4K:64M -D 1000", "bench --sizes 4K --resident 100000 -n 1000000",
    "fuzz --duration 1000", "fuzz --threads 4 --duration 1000", "coherence", "register --hold",
    "top --interval 1000 --json",
  ]

  /// timeout(1) sends SIGKILL, which is status 137, to a command that SIGINT has not ended. Where instructions are
  /// emulated, one system call that pins 64 MiB takes longer than a second.
  @Test(arguments: commands)
  func `ends it with status 130, whenever it comes`(command: String) async throws {
    let grace = Machine.isEmulated ? 10 : 1
    for delay in ["1", "3"] {
      let result = try await Memreg.shell(
        "timeout --preserve-status -s INT -k \(grace) \(delay) \(Memreg.path) \(command) >/dev/null"
      )
      #expect(result.status == 130, "after \(delay) s: \(result.error)")
    }
  }
}
