import LinuxSystem
import Testing

/// The pages that answer an error message, whose terminal sessions are run as they are printed.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `A page that answers an error message` {
  /// A session: commands of root or of nobody, and what they print.
  struct Session {
    var isRoot = false
    var commands: [String] = []
    var output: [String] = []
  }

  private static let top = String(
    #filePath.dropLast("Tests/IntegrationTests/AnswerPageTests.swift".count)
  )

  private func sessions(in page: String) throws -> [Session] {
    var sessions: [Session] = []
    var isInside = false
    let text = try TextFile.read("\(Self.top)docs/answers/\(page).md")
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```console"
        if isInside { sessions.append(Session()) }
      } else if isInside {
        let last = sessions.count - 1
        if line.hasPrefix("$ ") || line.hasPrefix("# ") {
          sessions[last].isRoot = line.hasPrefix("# ")
          sessions[last].commands.append(String(line.dropFirst(2)))
        } else {
          sessions[last].output.append(String(line))
        }
      }
    }
    return sessions
  }

  // Process ids and what is in use are of the moment.
  private func settled(_ line: some StringProtocol) -> String {
    String(line).replacing(#/pid \d+/#, with: "pid N").replacing(#/\d+\.\d+ MiB/#, with: "N MiB")
      .replacing(#/echo \d+M/#, with: "echo NM")
      .replacing(#/set by: (\w+) \(pid N\).*/#) { "set by: \($0.output.1)" }
  }

  @Test(
    arguments: [
      ("cannot-allocate-memory", ""), ("unlimited-and-still-enomem", ""), ("bad-address", ""),
      ("eagain", ""),
      ("kubernetes", "unshare --pid --fork --mount-proc env KUBERNETES_SERVICE_HOST=10.0.0.1"),
    ]
  )
  func `shows what memreg prints`(page: String, stage: String) async throws {
    for session in try sessions(in: page) {
      let user = session.isRoot ? "" : Confinement.nobody
      let result = try await Memreg.shell(
        """
        mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
        echo '+rdma +memory' >/sys/fs/cgroup/cgroup.subtree_control
        bin=$(mktemp -d); chmod 755 $bin; ln -s "$(realpath \(Memreg.path))" $bin/memreg
        cat >$bin/session <<'END'
        \(session.commands.joined(separator: "\n"))
        END
        PATH=$bin:$PATH \(stage) \(user) sh $bin/session
        status=$?
        for group in /sys/fs/cgroup/job; do
          [ ! -e $group ] || { echo 'rxe0 hca_object=max' >$group/rdma.max; rmdir $group; }
        done
        rm -r $bin; exit $status
        """
      )
      #expect(result.status == 1, "\(result.error)")
      let isOpen = session.output.last == "..."
      let expected = (isOpen ? session.output.dropLast() : session.output[...]).map(settled)
      let printed = result.output.split(separator: "\n").map(settled)
      #expect(
        (isOpen ? Array(printed.prefix(expected.count)) : printed) == expected,
        "\(page): \(result.error)"
      )
    }
  }
}
