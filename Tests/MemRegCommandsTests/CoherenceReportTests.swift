import Coherence
import Documents
import HostMemory
import LinuxSystem
import Testing

@testable import Conformance
@testable import MemRegCommands

@Suite struct `The coherence report` {
  private let cell = CoherenceCell(.none, .pinned, .anonymous)

  private func report(_ verdict: CoherenceVerdict) -> CoherenceReport {
    var result = CoherenceResult(cell, verdict)
    result.reason = "control before the operation: at offset 0 the device reads zeroes"
    var report = CoherenceReport(device: "rxe0", kernel: "6.1")
    report.append(result, on: KernelRelease(6, 1))
    return report
  }

  @Test func `counts a cell whose control failed as unexplained, not as skipped`() {
    let report = report(.failed)
    #expect(report.unexplained == ["none/pinned/anonymous"])
    #expect(report.counts == ["failed": 1])
    #expect(report.text.plain.contains("\n1 cells staged: 1 failed\n"))
    #expect(
      report.text.plain.contains(
        "\nfailed first: none/pinned/anonymous: control before the operation: at offset 0 "
          + "the device reads zeroes\n"
      )
    )
    #expect(report.explanation.contains("reason:    control before the operation: at offset 0"))
  }

  @Test func `keeps a failed cell's verdict between the processes`() {
    var result = CoherenceResult(cell, .failed)
    result.reason = "control"
    #expect(CoherenceResult(cell, wire: result.wire) == result)
  }

  @Test func `expects no cell to fail, on no kernel`() {
    for release in [KernelRelease(6, 1), KernelRelease(6, 12), KernelRelease(7, 3)] {
      for cell in CoherenceCell.all {
        #expect(CoherenceExpectation.of(cell, on: release)?.verdict != .failed)
      }
    }
  }
}
