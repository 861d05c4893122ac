import ArgumentParser
import Benchmarking
import HostMemory
import MemoryRegistration
import Testing

@testable import MemRegCommands

@Suite struct `A list on the command line` {
  @Test func `of sizes doubles ranges, sorts and drops repetitions`() throws {
    let sizes = try ListArgument.sizes("1M,4K:64K,8K", option: "--sizes")
    #expect(sizes == [4096, 8192, 16384, 32768, 65536, 1_048_576])
  }

  @Test func `of sizes, left out, ends at half of what the limit leaves to each thread`() {
    let free = PinBudget(softBytes: 8 << 20, isPrivileged: true)
    #expect(BenchAxes.usualLengths(under: free, threads: 4).last == 64 << 20)
    #expect(BenchAxes.usualLengths(under: free, threads: 4).count == 15)
    let bound = PinBudget(softBytes: 8 << 20)
    #expect(BenchAxes.usualLengths(under: bound, threads: 1).last == 4 << 20)
    #expect(BenchAxes.usualLengths(under: bound, threads: 3).last == 1 << 20)
    #expect(BenchAxes.usualLengths(under: PinBudget(softBytes: 0), threads: 1) == [4096])
  }

  @Test func `of sizes stops below an end that doubling misses`() throws {
    #expect(try ListArgument.sizes("4K:100K", option: "--sizes").last == 65536)
    #expect(try ListArgument.sizes("3:3", option: "--sizes") == [3])
    #expect(try ListArgument.sizes("4194304T:7000000T", option: "--sizes") == [1 << 62])
  }

  @Test(
    arguments: [
      ("", "empty item"), ("4K,,8K", "empty item"), ("1Q", "unknown unit"), ("-1", "not a size"),
      ("0", "zero"), ("1e30", "unknown unit"), ("99999999999999999999", "8 EiB"),
      ("64K:4K", "runs downwards"), ("1:2:3", "not a range"), ("4K:", "not a size"),
      ("1MB", "ambiguous"),
    ]
  )
  func `of sizes refuses what is none with one line`(text: String, reason: String) {
    let failure = #expect(throws: CommandFailure.self) {
      try ListArgument.sizes(text, option: "--sizes")
    }
    #expect(failure?.status == .usage)
    #expect(failure?.message.hasPrefix("--sizes: ") == true)
    #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
    #expect(failure?.message.contains("\n") == false)
  }

  @Test(arguments: ["0", "-1", "257", "1,0", "two", "", "99999999999999999999", "1.5"])
  func `of threads refuses what is not from 1 to 256`(text: String) {
    let failure = #expect(throws: CommandFailure.self) {
      try ListArgument.numbers(text, option: "--threads", in: 1...256)
    }
    #expect(failure?.status == .usage)
  }

  @Test func `of memory and strategies takes the known names`() throws {
    let kinds = try ListArgument.memory("thp,hugetlb,file:/tmp/x,thp", option: "--memory")
    #expect(kinds == [.transparentHuge, .hugetlb(.twoMebibytes), .file("/tmp/x")])
    let strategies = try ListArgument.strategies("io_uring,copy", option: "--strategy")
    #expect(strategies == [.ioUring, .copy])
    #expect(throws: CommandFailure.self) {
      try ListArgument.strategies("uring", option: "--strategy")
    }
    #expect(throws: CommandFailure.self) { try ListArgument.memory("swap", option: "--memory") }
  }

  @Test(arguments: ["-1", "1e3", "nan", "", ".", "1001"])
  func `of percent refuses what is no plain number up to 1000`(text: String) {
    #expect(throws: CommandFailure.self) {
      try ListArgument.decimal(text, option: "--max-regression", in: 0...1000, unit: "percent")
    }
  }
}

@Suite struct `The plan of a benchmark` {
  private func axes(_ arguments: String...) throws -> BenchAxes {
    try BenchCommand.parse(arguments).checkedAxes()
  }

  @Test func `has a case for each combination, grouped by what is resident`() throws {
    let axes = try axes(
      "--sizes",
      "4K:16K",
      "--memory",
      "anonymous,thp",
      "--populated",
      "--cold",
      "--threads",
      "1,2",
      "--resident",
      "1000,0"
    )
    let groups = axes.cases(for: [.verbs, .odp])
    #expect(groups.count == 2)
    #expect(groups[0].allSatisfy { $0.resident == 0 })
    #expect(groups[1].allSatisfy { $0.resident == 1000 })
    #expect(groups[0].count == 3 * 2 * 2 * 2 * 2)
    #expect(Set(groups[0]).count == 48)
  }

  @Test func `is populated memory from 4 KiB to 64 MiB unless told otherwise`() throws {
    let axes = try axes()
    #expect(axes.lengths == (12...26).map { 1 << UInt64($0) })
    #expect(axes.pages == [.populated])
    #expect(try self.axes("--cold").pages == [.cold])
  }

  @Test func `takes fixed numbers of samples, fewer of large and of cold regions`() throws {
    var benchCase = BenchCase(
      strategy: .verbs,
      memory: .anonymous,
      pages: .populated,
      threads: 1,
      resident: 0,
      length: 4096
    )
    let axes = try axes()
    #expect(axes.samples(of: benchCase) == 1000)
    benchCase.length = 4 << 20
    #expect(axes.samples(of: benchCase) == 250)
    benchCase.length = 64 << 20
    #expect(axes.samples(of: benchCase) == 100)
    benchCase.pages = .cold
    #expect(axes.samples(of: benchCase) == 20)
    #expect(try self.axes("-n", "7").samples(of: benchCase) == 7)
    #expect(try self.axes("-D", "0.5").samples(of: benchCase) == nil)
  }

  @Test(
    arguments: [
      ["-n", "0"], ["-n", "5", "-D", "1"], ["-D", "0"], ["-D", "1e9"], ["-w", "-1"],
      ["--cold", "--memory", "file:/tmp/x"], ["--resident", "-1"], ["--resident", "1000001"],
    ]
  )
  func `refuses what cannot be measured`(arguments: [String]) throws {
    let command = try BenchCommand.parse(arguments)
    let failure = #expect(throws: CommandFailure.self) { try command.checkedAxes() }
    #expect(failure?.status == .usage)
  }

  @Test func `needs a base for a tolerance`() throws {
    let command = try BenchCommand.parse(["--max-regression", "5"])
    #expect(throws: CommandFailure.self) { try command.checkedTolerance() }
    let whole = try BenchCommand.parse(["--max-regression", "2.5", "--compare", "base.json"])
    #expect(try whole.checkedTolerance() == 2.5)
  }
}
