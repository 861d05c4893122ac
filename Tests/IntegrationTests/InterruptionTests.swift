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
  /// emulated, one system call that pins 64 MiB takes longer than a second, and the release of 100,000 regions ten.
  @Test(arguments: commands)
  func `ends it with status 130, whenever it comes`(command: String) async throws {
    let grace = Machine.isEmulated ? 30 : 1
    for delay in ["1", "3"] {
      let result = try await Memreg.shell(
        "timeout --preserve-status -s INT -k \(grace) \(delay) \(Memreg.path) \(command) >/dev/null"
      )
      #expect(result.status == 130, "after \(delay) s: \(result.error)")
    }
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `SIGINT to the preparations of a command` {
  /// Once SIGINT is caught and 0.2 s of the processor have gone into the trace.
  @Test func `ends the making of a trace, with a document that says so`() async throws {
    for pattern in ["heap", "mpi"] {
      let result = try await Memreg.shell(
        """
        \(Memreg.path) cache --strategy io_uring --pattern \(pattern) --uses 10000000 --json & p=$!
        until grep -q '^SigCgt:.*[2367abef]$' /proc/$p/status; do sleep 0.01; done
        until awk '{ exit !($14 > 20) }' /proc/$p/stat; do sleep 0.01; done
        kill -INT $p; wait $p
        """
      )
      #expect(result.status == 130, "\(result.error)")
      #expect(result.output.contains("\"interrupted\" : true"), "\(result.output)")
      #expect(result.output.contains(/"policies" : \[\s*\]/), "\(result.output)")
    }
  }

  @Test func `ends the population of memory, which is then not registered`() async throws {
    let result = try await Memreg.shell(
      """
      \(Memreg.path) register --strategy io_uring --populate --size 1G --json & p=$!
      until [ "$(awk '/^VmRSS/ { print $2 }' /proc/$p/status)" -gt 65536 ]; do :; done
      kill -INT $p; wait $p
      """
    )
    #expect(result.status == 130, "\(result.error)")
    #expect(result.output == "")
  }
}
