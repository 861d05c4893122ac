import Diagnosis
import Measurement
import Testing

@Suite struct `Limits of systemd` {
  @Test func `come from the unit, its template and drop-ins, the last one deciding`() throws {
    let files = try SystemdTree()
    try files.write("usr/lib/systemd/system/work@.service", "[Service]\nLimitMEMLOCK=64K:1G\n")
    #expect(files.limit("work@7.service")?.softBytes == 65536)
    try files.write(
      "etc/systemd/system/work@7.service.d/rdma.conf",
      "[Service]\nLimitMEMLOCK=infinity\n"
    )
    let dropIn = try #require(files.limit("work@7.service"))
    #expect(dropIn.softBytes == nil)
    #expect(dropIn.evidence.hasSuffix("work@7.service.d/rdma.conf: LimitMEMLOCK=infinity"))
    #expect(files.limit("other.service") == nil)
  }

  @Test func `of the manager come from the highest directory that has them`() throws {
    let files = try SystemdTree()
    try files.write("etc/systemd/system.conf", "#DefaultLimitMEMLOCK=8M\n")
    #expect(files.managerDefault == nil)
    try files.write("run/systemd/system.conf.d/9.conf", "[Manager]\nDefaultLimitMEMLOCK=1M\n")
    #expect(files.managerDefault?.softBytes == 1 << 20)
    try files.write("etc/systemd/system.conf.d/9.conf", "[Service]\nDefaultLimitMEMLOCK=2M\n")
    #expect(files.managerDefault == nil)
  }

  /// Holds the limit of a unit of this text to `first`, and to `second` once it has a drop-in of the text `dropIn`.
  private func expect(_ first: UInt64, from text: String, _ second: UInt64, with dropIn: String)
    throws
  {
    let files = try SystemdTree()
    try files.write("usr/lib/systemd/system/w.service", text)
    #expect(files.limit("w.service")?.softBytes == first)
    try files.write("etc/systemd/system/w.service.d/1.conf", dropIn)
    #expect(files.limit("w.service")?.softBytes == second)
  }

  @Test(arguments: ["\u{2028}", "\u{85}", "\u{b}", "\u{c}"])
  func `end lines where systemd does, not at other separators`(separator: String) throws {
    try expect(
      2 << 20,
      from:
        "[Service]\n# once\(separator)LimitMEMLOCK=1M\nLimitMEMLOCK=2M\r# LimitMEMLOCK=3M\n",
      2 << 20,
      with: "[Service]\n;\(separator)LimitMEMLOCK=4M\n"
    )
  }

  @Test func `are read by bytes, whatever the characters look like`() throws {
    // A combining accent belongs to the blank before it; the Kelvin sign is canonically a K.
    try expect(
      1 << 20,
      from:
        "[Service]\nLimitMEMLOCK=1M\n \u{301}\nLimitMEMLOC\u{212a}=2M\n[\u{301}Service]\nLimitMEMLOCK=3M\n",
      4 << 20,
      with: "[Service]\n;\u{301}\nLimitMEMLOCK=4M\n"
    )
  }

  @Test func `take the higher directory of one name, and the later name of two`() throws {
    let files = try SystemdTree()
    try files.write("usr/lib/systemd/system/a-b.service", "[Unit]\nLimitMEMLOCK=1M\n")
    #expect(files.limit("a-b.service") == nil)
    try files.write("etc/systemd/system/service.d/50.conf", "[Service]\nLimitMEMLOCK=2M\n")
    #expect(files.limit("a-b.service")?.softBytes == 2 << 20)
    try files.write("run/systemd/system/a-.service.d/50.conf", "[Service]\n LimitMEMLOCK = 3M\n")
    #expect(files.limit("a-b.service")?.softBytes == 3 << 20)
    try files.write("run/systemd/system/a-b.service.d/50.conf", "[Service]\nLimitMEMLOCK=4M\n")
    #expect(files.limit("a-b.service")?.softBytes == 4 << 20)
    try files.write("etc/systemd/system/a-.service.d/50.conf", "[Service]\nLimitMEMLOCK=5M:1G\n")
    #expect(files.limit("a-b.service")?.softBytes == 5 << 20)
    try files.write("run/systemd/system/a-b.service.d/90.conf", "[Service]\nLimitMEMLOCK=\\\n6M\n")
    #expect(files.limit("a-b.service")?.softBytes == 6 << 20)
    try files.write("etc/systemd/system/a-b.service.d/90.conf", "")
    #expect(files.limit("a-b.service")?.softBytes == 5 << 20)
    try files.write("etc/systemd/system/a-b.service.d/99.conf", "[Service]\nLimitMEMLOCK=2G:1G\n")
    #expect(files.limit("a-b.service")?.softBytes == 5 << 20)
  }

  @Test(.enabled(if: SystemdTree.canAnalyze, "systemd-analyze is not installed"))
  func `are what systemd-analyze cat-config shows last, for 100 generated sets of files`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let places = ["etc", "run", "usr/local/lib", "usr/lib"]
    for round in 1...100 {
      let files = try SystemdTree()
      try files.write("usr/lib/systemd/system/w.service", files.text(&random))
      for _ in 1...Int.random(in: 1...8, using: &random) {
        let place = places[Int.random(in: 0...3, using: &random)]
        let name = "\(Int.random(in: 1...12, using: &random)).conf"
        try files.write("\(place)/systemd/system/w.service.d/\(name)", files.text(&random))
      }
      let analyzed = try files.analyzed("w.service")
      #expect(files.limit("w.service")?.evidence == analyzed, "round \(round) of seed \(seed)")
    }
  }
}
