import Foundation
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `memreg coherence on rxe` {
  /// Cells by name, as the command's JSON has them.
  private func cells(_ arguments: String) async throws -> (
    status: Int32, document: [String: Any], cells: [String: [String: Any]]
  ) {
    let result = try await Memreg.shell(
      "modprobe -a loop ext4 2>/dev/null; \(Memreg.path) coherence --json \(arguments)"
    )
    let document = try result.document()
    let list = try #require(document["cells"] as? [[String: Any]])
    var cells: [String: [String: Any]] = [:]
    for cell in list {
      let parts = ["operation", "registration", "memory"].compactMap { cell[$0] as? String }
      cells[parts.joined(separator: "/")] = cell
    }
    return (result.status, document, cells)
  }

  @Test(.timeLimit(.minutes(15)))
  func `fills the whole matrix and leaves no cell unexplained`() async throws {
    let (status, document, cells) = try await cells("")
    #expect(status == 0)
    #expect(document["schema"] as? String == "memreg.coherence/1")
    #expect(document["unexplained"] as? [String] == [])
    #expect(cells.count == 560)
    let hasPaging = RXE.kernel >= (6, 15)
    for (name, cell) in cells {
      let verdict = try #require(cell["verdict"] as? String)
      if verdict == "not_applicable" { continue }
      if !hasPaging && name.contains("/odp/") {
        #expect(verdict == "skipped")
        #expect((cell["reason"] as? String)?.contains("no on-demand paging") == true)
      } else {
        #expect(verdict != "skipped", "\(name): \(cell["reason"] ?? "")")
        #expect(cell["expected"] as? String == verdict)
        let isUnstaged = verdict == "refused" && !name.contains("/cache/")
        #expect((cell["evidence"] as? [String])?.isEmpty == isUnstaged)
      }
    }
    let counts = try #require(document["counts"] as? [String: Int])
    #expect(counts["not_applicable"] == 140)
    #expect(counts["skipped"] == (hasPaging ? nil : 105))
  }

  @Test func `a discarded page parts device and CPU, and the evidence has the bytes`() async throws
  {
    let (status, _, cells) = try await cells("--explain madv-dontneed/pinned/anonymous")
    #expect(status == 0)
    let cell = try #require(cells["madv-dontneed/pinned/anonymous"])
    #expect(cell["verdict"] as? String == "diverged")
    #expect(cell["read"] as? String == "stale")
    #expect(cell["write"] as? String == "diverged")
    #expect(cell["outcome"] as? String == "done")
    let evidence = try #require(cell["evidence"] as? [String])
    #expect(evidence.first?.contains("CPU and device see 2caab3bc3764f610") == true)
    #expect(
      evidence.contains {
        $0.hasPrefix("offset 0: device reads 2caab3bc3764f610, CPU reads zeroes")
      }
    )
  }

  @Test func `one cell in words names operation, verdict, reason and page frames`() async throws {
    let result = try await Memreg.run("coherence", "--explain", "fork-parent-write/pinned/thp")
    #expect(result.status == 0)
    for text in [
      "verdict:   coherent", "expected:  coherent", "reason:    fork copies pinned pages",
    ] {
      #expect(result.output.contains(text), "\(result.output)")
    }
    #expect(result.output.contains("page frame 0x"))
    #expect(result.output.contains("the child has the memory"))
  }

  @Test func `tables in text and Markdown have the cells that were asked for`() async throws {
    let options = [Memreg.path, "coherence", "--operation", "unmap,none", "--memory", "memfd"]
    let text = try await Memreg.shell(options + ["--registration", "pinned"])
    #expect(text.status == 0)
    #expect(text.output.contains("unmap      diverged\n"))
    #expect(text.output.contains("2 cells staged: 1 coherent, 1 diverged\n"))
    #expect(text.output.contains("unexplained: none\n"))
    let markdown = try await Memreg.shell(
      options + ["--registration", "window", "--markdown"]
    )
    #expect(markdown.output.contains("| unmap | diverged |\n"))
    #expect(markdown.output.contains("## memory window\n"))
  }

  @Test func `a device that reads wrong bytes before the operation fails the cell`() async throws {
    let result = try await Memreg.run("check", "--self-test", "coherence.none")
    #expect(result.status == 0, "\(result.output)")
    #expect(
      result.output.contains(
        """
        wrong-bytes: noticed by 1 checks
          coherence.none: none/pinned/anonymous: expected coherent, observed failed control before \
        the operation: at offset 0 the device reads ac2a333cb7e47690, the CPU wrote 2caab3bc3764f610

        """
      ),
      "\(result.output)"
    )
  }

  @Test func `without free huge pages says how many it needs`() async throws {
    let result = try await Memreg.shell(
      "n=$(cat /proc/sys/vm/nr_hugepages); echo 0 > /proc/sys/vm/nr_hugepages; "
        + "\(Memreg.path) coherence --explain none/pinned/hugetlb; s=$?; "
        + "echo $n > /proc/sys/vm/nr_hugepages; exit $s"
    )
    #expect(result.status == 0)
    #expect(result.output.contains("verdict:   skipped"))
    #expect(result.output.contains("needs 4 free huge pages of 2 MiB, the pool has 0"))
  }

  @Test(arguments: [
    ["--explain", "nothing/pinned/anonymous"], ["--explain", "none"], ["--operation", "boom"],
    ["--registration", "all"], ["--memory", ""], ["--json", "--markdown"],
  ])
  func `a wrong argument gets one line and status 64`(arguments: [String]) async throws {
    try await Memreg.expectRefusal(of: ["coherence"] + arguments)
  }
}
