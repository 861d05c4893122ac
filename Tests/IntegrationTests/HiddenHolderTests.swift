import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `A holder outside the pid namespace` {
  private static let hidden = "not visible from this pid namespace"

  /// Runs memreg in a child pid namespace while a process outside it holds 4 regions.
  private func seen(_ arguments: String) async throws -> Memreg.Result {
    try await Memreg.shell(
      """
      \(Memreg.path) register -d rxe0 --size 6000 --count 4 --hold > /dev/null & holder=$!
      for n in $(seq 200); do grep -q '^VmPin:.* 32 kB' /proc/$holder/status && break; sleep 0.1; done
      unshare --pid --fork --mount-proc \(Memreg.path) \(arguments)
      kill $holder; wait $holder; true
      """
    )
  }

  @Test func `is said to be out of sight by holders`() async throws {
    let result = try await seen("holders rxe0")
    let row = result.output.split(separator: "\n").first { $0.contains(Self.hidden) }
    #expect(row != nil, "\(result.output) \(result.error)")
    #expect(row?.contains("23.4 KiB") == true, "\(result.output)")
    #expect(!result.output.contains("thread ended"))
    #expect(
      try await seen("holders rxe0 --json").document()["is_in_child_pid_namespace"] as? Bool == true
    )
  }

  @Test func `is said to be out of sight by top`() async throws {
    let result = try await seen("top --once")
    #expect(
      result.output.contains("by none that is visible from this pid namespace"),
      "\(result.output) \(result.error)"
    )
    #expect(!result.output.contains("without a process"))
  }
}
