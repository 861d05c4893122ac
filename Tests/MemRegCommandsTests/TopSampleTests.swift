import Documents
import LinuxSystem
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

  /// Three processes that are all "python": of a Slurm job, of a Pod, and of none.
  private var pythons: [TopSample.Process] {
    var processes = (1...3).map { process($0, pinned: Int64($0) * 4096, rate: 4096) }
    for index in processes.indices { processes[index].name = "python" }
    (processes[0].slurmJob, processes[0].slurmStep) = (4711, "0")
    processes[0].controlGroup = "/system.slice/slurmstepd.scope/job_4711/step_0"
    processes[0].commandLine = "python train.py --rank 4"
    processes[1].podUid = "9f0c1d2e-3a4b-4c5d-8e6f-001122334455"
    processes[1].container = String(repeating: "0123456789abcdef", count: 4)
    processes[1].controlGroup = "/kubepods/pod9f0c1d2e-3a4b-4c5d-8e6f-001122334455/0123456789abcdef"
    processes[1].commandLine = "python serve.py"
    processes[2].controlGroup = "/system.slice/cron.service"
    return processes
  }

  @Test func `tells processes of one name apart`() throws {
    let text = sample(pythons).styled(by: .process, in: .pid, width: 200).plain
    let lines = text.split(separator: "\n")
    #expect(lines[2].contains("python  4711.0 "))
    #expect(lines[2].hasSuffix("  ~lurmstepd.scope/job_4711/step_0  python train.py --rank 4"))
    #expect(lines[3].contains("python  pod 9f0c1d2e  0123456789ab  "))
    #expect(lines[3].hasSuffix("  python serve.py"))
    #expect(lines[4].hasSuffix("  /system.slice/cron.service        -"))
  }

  @Test(
    arguments: [
      ("--rank 4", [1]), ("4711", [1]), ("9f0c1d2e", [2]), ("0123456789ab", [2]),
      ("serve", [2]), ("cron.service", [3]), ("python", [1, 2, 3]), ("3", [3]), ("8e6f", [2]),
    ] as [(String, [Int32])]
  )
  func `is filtered by command line, job, Pod, container and control group`(
    filter: String,
    pids: [Int32]
  ) {
    #expect(sample(pythons).arranged(by: .pid, matching: filter).processes.map(\.pid) == pids)
  }

  @Test(arguments: [40, 60, 80, 100, 140, 400])
  func `has no line wider than the terminal, and keeps pid, name and pinned`(width: Int) {
    var processes = pythons
    processes[0].commandLine = String(repeating: "argument ", count: 450)
    processes[1].user = "a-user-of-a-long-name"
    processes[1].devices = ["mlx5_0", "mlx5_1"]
    for grouping in TopGrouping.allCases {
      let table = sample(processes).styled(by: grouping, in: .pid, width: width).plain
        .split(separator: "\n").dropFirst()
      #expect(table.allSatisfy { $0.count <= width }, "\(table)")
      #expect(table.first?.contains("pinned") == true)
      #expect(table.contains { $0.contains("python") && $0.contains("12 KiB") })
      #expect(width < 100 || table.first?.contains("command") == true)
    }
  }

  @Test func `leaves out columns in the order that is told`() {
    let full = sample(pythons).styled(by: .process, in: .pid, width: 400).plain
    let columns = ["pid", "user", "name", "job", "container", "pinned", "rate", "mr bytes"]
    for column in columns + ["cgroup", "command"] { #expect(full.contains(column)) }
    var last = 400
    var gone: [String] = []
    for width in stride(from: 400, through: 20, by: -1) {
      let header =
        sample(pythons).styled(by: .process, in: .pid, width: width).plain
        .split(separator: "\n")[1]
      for column in ["cgroup", "locked", "rate", "container", "command", "job", "headroom"]
      where !header.contains(column) && !gone.contains(column) {
        gone.append(column)
        last = width
      }
    }
    #expect(gone == ["cgroup", "locked", "rate", "container", "command", "job", "headroom"])
    #expect(last > 20)
  }

  @Test func `marks less than a tenth of the limit, without colour too`() {
    let near = process(1, pinned: 61440, limit: 65536)
    let none = process(2, pinned: 65536, limit: 65536)
    let most = process(3, pinned: 4096, limit: 65536)
    let styled = sample([near, none, most]).styled(by: .process, in: .pid, width: 200)
    #expect(styled.plain.contains("  4 KiB !"))
    #expect(styled.plain.contains("  0 B !"))
    #expect(!styled.plain.contains("60 KiB !"))
    let coloured = styled.rendered(inColour: true)
    #expect(coloured.contains("\u{1b}[33m4 KiB !\u{1b}[0m"))
    #expect(coloured.contains("\u{1b}[1;31m0 B !\u{1b}[0m"))
    #expect(styled.rendered(inColour: false) == styled.plain)
  }

  @Test func `shows hostile names, arguments and groups as text`() {
    var process = process(1, pinned: 4096)
    process.name = "\u{1b}[2J"
    process.commandLine = "a\u{1b}]0;title\u{7}\u{202e}b\nc"
    process.controlGroup = "/\u{1b}[31m"
    process.container = "\u{9b}2J"
    for grouping in TopGrouping.allCases {
      let text = sample([process]).styled(by: grouping, in: .pid, width: 300)
        .rendered(inColour: true)
      let safe = text.replacing("\u{1b}[1m", with: "").replacing("\u{1b}[0m", with: "")
      #expect(safe == safe.printableLines)
      #expect(text.split(separator: "\n").count <= 4)
    }
  }

  @Test func `is a tree by job, with sums and the largest first`() {
    let groups = sample(pythons).groups(by: .job, in: .pinned)
    #expect(
      groups.map(\.label) == [
        "no job", "Pod 9f0c1d2e-3a4b-4c5d-8e6f-001122334455", "Slurm job 4711",
      ]
    )
    #expect(groups.map(\.totals.pinnedBytes) == [12288, 8192, 4096])
    var more = pythons
    more.append(process(4, pinned: 16384, rate: 8192))
    more[3].slurmJob = 4711
    let first = sample(more).groups(by: .job, in: .pinned)[0]
    #expect(first.label == "Slurm job 4711")
    #expect(first.processes.map(\.pid) == [1, 4])
    #expect(first.totals.pinnedBytes == 20480)
    #expect(first.totals.pinnedBytesPerSecond == 12288)
    #expect(first.totals.headroomBytes == 49152)
    let text = sample(more).styled(by: .job, in: .pinned, width: 100).plain
    #expect(text.contains("\nSlurm job 4711 "))
    #expect(text.contains("\n  4 p4 "))
  }

  @Test func `is a tree by control group, one line for groups that have one group each`() {
    let groups = sample(pythons).groups(by: .cgroup, in: .pinned)
    #expect(
      groups.map(\.label) == [
        "/system.slice",
        "/kubepods/pod9f0c1d2e-3a4b-4c5d-8e6f-001122334455/0123456789abcdef",
      ]
    )
    #expect(groups[0].totals.pinnedBytes == 16384)
    #expect(groups[0].processes.isEmpty)
    #expect(
      groups[0].groups.map(\.label) == ["/cron.service", "/slurmstepd.scope/job_4711/step_0"]
    )
    let deep = "/" + Array(repeating: "x", count: 2000).joined(separator: "/")
    var hostile = process(9, pinned: 4096)
    hostile.controlGroup = deep
    let only = sample([hostile]).groups(by: .cgroup, in: .pinned)
    #expect(only.count == 1 && only[0].processes.map(\.pid) == [9])
    #expect(TopGroup.short(deep, columns: 40).count == 40)
    #expect(
      TopGroup.short("/docker-0123456789abcdef0123.scope", columns: 40)
        == "/docker-0123456789ab~.scope"
    )
    #expect(sample([process(1, pinned: 4096)]).groups(by: .cgroup, in: .pid)[0].label == "unknown")
  }

  @Test func `is a tree by device, with each process's share of it and no pins`() {
    var both = process(1, pinned: 8192, mrs: 3, mrBytes: 12288)
    both.devices = ["rxe0", "rxe1"]
    both.regionsByDevice = [
      .init(device: "rxe0", mrs: 1, mrBytes: 4096), .init(device: "rxe1", mrs: 2, mrBytes: 8192),
    ]
    var sample = sample([both, process(2, pinned: 4096)])
    sample.devices = [
      .init(device: "rxe0", mrs: 4, mrBytes: 65536), .init(device: "rxe1", mrs: 2, mrBytes: 8192),
      .init(device: "rxe2", mrs: 0, mrBytes: 0),
    ]
    let groups = sample.groups(by: .device, in: .mrs)
    #expect(groups.map(\.label) == ["rxe0", "rxe1", "no device"])
    #expect(groups.map(\.totals.mrs) == [4, 2, 0])
    #expect(groups.map { $0.processes.map(\.mrs) } == [[1], [2], [0]])
    #expect(groups.map(\.hasPins) == [false, false, true])
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
