import Testing
import Tracing

@testable import MemRegCommands

@Suite struct `What a trace has lost` {
  @Test func `is not mentioned if it is nothing`() { #expect(TraceLosses().text.isEmpty) }

  @Test func `is told by what it is: calls, parts of calls, processes`() {
    #expect(TraceLosses(calls: 3).text == ", 3 lost")
    #expect(TraceLosses(missedCalls: 2).text == ", up to 2 lost")
    #expect(TraceLosses(calls: 3, missedCalls: 2).text == ", 3 lost, up to 2 more lost")
    #expect(TraceLosses(missedStages: 4).text == ", up to 4 with parts that are too short")
    #expect(TraceLosses(missedStarts: 1).text == ", up to 1 started processes not followed")
  }
}
