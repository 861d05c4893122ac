import HostMemory
import LinuxSystem

@testable import Diagnosis

extension Reader {
  /// Texts of /proc, /sys and /etc.
  static let system = [
    Reader(
      "the status of processes",
      texts: [statusSeed],
      tokens: ["VmPin:\t", "Name:\t", " kB\n"]
    ) { bytes in
      let status = ProcessStatus(parsing: text(bytes))
      try require(status.name.utf8.count <= 1 << 16, "a name grows")
    },
    Reader(
      "mappings",
      texts: [mappingSeed],
      tokens: ["-", "rw-p", "VmFlags:", "KernelPageSize:", " kB\n"]
    ) { bytes in
      for area in VirtualMemoryArea.parse(text(bytes)) { _ = area.label }
    },
    Reader("mounts", texts: ["22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,dax=always\n"])
    { bytes in
      for mount in FileSystemMount.parse(text(bytes)) { _ = mount.isDirectAccess }
    },
    Reader(
      "placements",
      texts: ["7f0000000000 default anon=3 N0=2 N1=1 kernelpagesize_kB=2048\n"],
      tokens: ["N0="]
    ) {
      _ = NodePlacement(parsing: text($0), starts: [0x7f00_0000_0000])
    },
    Reader("zones", texts: [zoneSeed], tokens: ["managed", "start_pfn:", "zone  Movable"]) {
      bytes in
      _ = MovableZone.pages(parsing: text(bytes))
      _ = MovableZone.frames(parsing: text(bytes))
    },
    Reader(
      "counters of the system",
      texts: [
        "nr_foll_pin_acquired 5\nnr_foll_pin_released 3\n",
        "MemTotal: 100 kB\nMemAvailable: 50 kB\nHugePages_Free: 1\n",
      ]
    ) { bytes in
      _ = FollPin(parsing: bytes.span).outstanding
      _ = MemoryInfo(parsing: text(bytes)).available
    },
    Reader(
      "limits of processes",
      texts: ["Max locked memory         65536                8388608              bytes\n"]
    ) {
      _ = Memlock(parsing: text($0))
    },
    Reader("control groups", texts: ["0::/user.slice/a.scope\n4:rdma,x:/b\n"]) { bytes in
      _ = ControlGroup(parsing: text(bytes))?.components
      let limits = text(bytes)
      _ = RDMAControlGroup.parse(group: "/a", file: "rdma.max", limits: limits, current: limits)
        .map(\.isFull)
    },
    Reader("kernel releases", texts: ["6.1.0-56-amd64", "7.3.4+deb13"]) {
      _ = KernelRelease(parsing: text($0))
    },
    Reader("limits.conf", texts: [limitsSeed], tokens: ["memlock", "soft", "hard", "-", "@", "*"]) {
      bytes in
      let user = UserAccount(id: 0)
      let limits = PAMLimits(lines: PAMLimits.parse(text(bytes), file: "limits.conf"))
      if let user { _ = limits.login(of: user, from: Memlock(soft: 8 << 20, hard: nil)) }
    },
    Reader(
      "limits of units",
      texts: ["64M", "infinity", "64K:1G", "1P"],
      tokens: ["K", "P", "infinity"]
    ) {
      _ = SystemdLimit.softBytes(text($0))
    },
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static let statusSeed = """
    Name:\ta b\\n\\\\
    Tgid:\t7
    PPid:\t1
    Uid:\t1000\t1000\t1000\t1000
    VmLck:\t       4 kB
    VmPin:\t      64 kB
    CapPrm:\t000001ffffffffff
    CapEff:\t0000000000004000
    CapBnd:\t000001ffffffffff

    """

  private static let mappingSeed = """
    7f0000000000-7f0000200000 rw-p 00000000 fd:01 1234 /tmp/a\\012b (deleted)
    Size:               2048 kB
    KernelPageSize:        4 kB
    Rss:                1024 kB
    AnonHugePages:      2048 kB
    VmFlags: rd wr mr mw me ac sd lo io pf
    ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

    """

  private static let zoneSeed = """
    Node 0, zone  Movable
      pages free     100
            spanned  400
            managed  700
      start_pfn:           4096

    """

  private static let limitsSeed = """
    # a remark
    * soft memlock 64
    @hpc - memlock unlimited
    1000:2000 hard memlock 18014398509481983

    """
}
