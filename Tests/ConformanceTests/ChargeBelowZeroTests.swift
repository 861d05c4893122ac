import Fuzzing
import Testing

@testable import Conformance

@Suite struct `A charge below zero` {
  @Test func `is a divergence of the fuzzer, with its cause`() {
    #expect(
      FuzzWorld.difference("VmPin", expected: 4, observed: -16)
        == "VmPin: expected 4 pages, observed -16 pages: uncharged more than charged"
    )
    #expect(FuzzWorld.difference("VmPin", expected: 4, observed: 4) == nil)
    #expect(
      FuzzWorld.difference("VmPin", expected: 4, observed: 5)
        == "VmPin: expected 4 pages, observed 5 pages"
    )
  }

  @Test func `is a mismatch of a check, with its cause`() throws {
    let context = try CheckContext(device: "none", seed: 1, isAlone: false)
    let mismatch = #expect(throws: Mismatch.self) {
      try context.expectCharge("VmPin at the end", -16, 0, of: -16)
    }
    #expect(mismatch?.observed == "-16, VmPin -16 pages: uncharged more than charged")
    try context.expectCharge("released", -8, -8, of: 8)
    #expect(context.comparisons == 2)
  }
}
