import HostMemory
import LinuxSystem
import Testing

@Suite struct `Texts of the system` {
  @Test func `name the file system and direct access of a mount`() {
    let mounts = FileSystemMount.parse(
      """
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
      40 22 259:0 / /pmem rw shared:9 master:2 - xfs /dev/pmem0 rw,attr2,dax=always,inode64
      41 22 0:5 / /dev rw - devtmpfs udev rw
      """
    )
    #expect(mounts.map(\.type) == ["ext4", "xfs", "devtmpfs"])
    #expect(mounts.map(\.isDirectAccess) == [false, true, false])
    #expect(mounts[1].device == DeviceNumber("259:0"))
  }

  @Test func `place pages on nodes in units of their size`() {
    let text = """
      7f0000000000 default anon=3 dirty=3 active=0 N0=2 N1=1 kernelpagesize_kB=4
      7f0000200000 default huge anon=1 N1=1 kernelpagesize_kB=2048
      7f0000400000 default anon=9 N0=9 kernelpagesize_kB=4
      """
    let placement = NodePlacement(parsing: text, starts: [0x7f00_0000_0000, 0x7f00_0020_0000])
    #expect(placement.bytes == [0: 8192, 1: 4096 + 2_097_152])
  }

  @Test func `count the pages of movable zones`() {
    let text = """
      Node 0, zone   Normal
        pages free     100
              managed  5000
      Node 0, zone  Movable
        pages free     100
              managed  700
      Node 1, zone  Movable
              spanned  400
              managed  300
        start_pfn:           4096
      """
    #expect(MovableZone.pages(parsing: text) == 1000)
    #expect(MovableZone.frames(parsing: text) == [4096..<4496])
  }

  @Test func `have the lines and fields that the kernel wrote, whatever names end or begin with`() {
    // A carriage return and a newline are one Character, as are a slash or colon and an accent.
    #expect(ControlGroup(parsing: "9:memory:/a\r\n4:rdma:/b\r\n0::/c\n")?.path == "/b\r")
    #expect(ControlGroup(parsing: "4:rdma:/a/\u{301}b\n")?.components == ["a", "\u{301}b"])
    let step = "/system.slice/slurmstepd.scope/job_9/step_0"
    #expect(Workload(parsing: "9:memory:/a\r\n0::\(step)\n").slurmJob == 9)
    let text =
      "30 1 8:1 / /a rw - ext4 /dev/a\r rw,b\r\n31 1 8:2 / /c rw - ext4 \u{301} rw,dax\n"
    #expect(FileSystemMount.parse(text).map(\.path) == ["/a", "/c"])
    #expect(FileSystemMount.parse(text).map(\.isDirectAccess) == [false, true])
  }

  @Test func `give a process's name as it was set`() {
    #expect(ProcessStatus(parsing: "Name:\ta  b \\n\\\\n\\\\\nPPid:\t7\n").name == "a  b \n\\n\\")
    #expect(ProcessStatus(parsing: "Name:\tq\"\u{301}\nPPid:\t7\n").parent == 7)
  }

  @Test func `order kernel releases`() {
    #expect(KernelRelease(6, 2) < KernelRelease(6, 12))
    #expect(KernelRelease(7, 0) > KernelRelease(6, 99))
    #expect(KernelRelease.running > KernelRelease(4, 0))
  }
}
