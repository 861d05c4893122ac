import Documents
import Testing

@testable import MemRegCommands

@Suite struct `A sample of memreg top` {
  private func process(
    _ pid: Int32,
    pinned: Int64,
    limit: UInt64? = 65536,
    binds: Bool = true,
    mrs: Int = 0,
    mrBytes: UInt64 = 0,
    rate: Int64? = nil
  ) -> TopSample.Process {
    TopSample.Process(
      pid: pid,
      name: "p\(pid)",
      user: "root",
      pinnedBytes: pinned,
      lockedBytes: 0,
      limitBytes: limit,
      limitBinds: binds,
      mrs: mrs,
      mrBytes: mrBytes,
      devices: [],
      pinnedBytesPerSecond: rate
    )
  }

  private func sample(_ processes: [TopSample.Process]) -> TopSample {
    TopSample(
      timeUnixNs: 1,
      systemPinnedBytes: 100_000,
      accountedBytes: processes.reduce(0) { $0 + $1.pinnedBytes },
      processes: processes
    )
  }

  @Test(
    arguments: [
      (TopOrder.pinned, [3, 1, 2]), (.headroom, [1, 2, 3]), (.mrs, [2, 1, 3]), (.rate, [2, 1, 3]),
      (.pid, [1, 2, 3]),
    ] as [(TopOrder, [Int32])]
  )
  func `is sorted`(order: TopOrder, pids: [Int32]) {
    let sample = sample([
      process(1, pinned: 8192), process(2, pinned: 4096, mrs: 5, rate: 10),
      process(3, pinned: 16384, binds: false),
    ])
    #expect(sample.arranged(by: order, matching: nil).processes.map(\.pid) == pids)
  }

  @Test func `shows a process below zero, before all others`() {
    let arranged = sample([process(1, pinned: 8192), process(2, pinned: -65536)])
      .arranged(by: .pinned, matching: nil)
    #expect(arranged.processes.map(\.pid) == [2, 1])
    #expect(arranged.text.contains("  -64 KiB (uncharged more than charged)  "))
    #expect(arranged.text.hasPrefix("pinned by processes -56 KiB, "))
    #expect(arranged.processes[0].headroomBytes == 65536)
  }

  @Test(
    arguments: [("p2", [2]), ("3", [3]), ("root", [1, 2, 3]), ("p", [1, 2, 3]), ("x", [])]
      as [(String, [Int32])]
  )
  func `is filtered by a part of name or user, or by id`(filter: String, pids: [Int32]) {
    let sample = sample((1...3).map { process($0, pinned: 4096) })
    let filtered = sample.arranged(by: .pid, matching: filter)
    #expect(filtered.processes.map(\.pid) == pids)
    #expect(filtered.accountedBytes == 12288)
  }

  @Test func `shows residuals, headroom and what no process accounts for`() {
    #expect(process(1, pinned: 8192, mrBytes: 5000).residualBytes == 3192)
    #expect(process(1, pinned: 0, mrBytes: 5000).residualBytes == -5000)
    #expect(process(1, pinned: 8192).headroomBytes == 57344)
    #expect(process(1, pinned: 131_072).headroomBytes == 0)
    #expect(process(1, pinned: 8192, binds: false).headroomBytes == nil)
    #expect(process(1, pinned: 8192, limit: nil).headroomBytes == nil)
    #expect(sample([process(1, pinned: 8192)]).unaccountedBytes == 91808)
  }

  @Test func `gives rates per second`() {
    #expect(TopSample.rate(from: 0, to: 4096, nanoseconds: 500_000_000) == 8192)
    #expect(TopSample.rate(from: 8192, to: 4096, nanoseconds: 1_000_000_000) == -4096)
  }

  @Test func `says so when nothing is pinned`() {
    #expect(sample([]).text.hasSuffix("\n\nno process has pinned memory\n"))
  }
}
