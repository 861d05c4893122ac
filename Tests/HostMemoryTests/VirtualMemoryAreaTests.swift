import HostMemory
import LinuxSystem
import Testing

@Suite struct `Virtual memory areas` {
  private let smaps = """
    7f5c00000000-7f5c00200000 rw-s 00001000 00:01 2051                       /memfd:a b (deleted)
    Size:               2048 kB
    KernelPageSize:        4 kB
    MMUPageSize:           4 kB
    Rss:                  12 kB
    AnonHugePages:         0 kB
    ShmemPmdMapped:     2048 kB
    Swap:                  8 kB
    VmFlags: rd wr sh mr mw me ms sd uw zz
    7f5c00400000-7f5c00401000 ---p 00000000 00:00 0
    VmFlags: mr mw me pf io
    ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
    VmFlags: ex
    """

  @Test func `keep what smaps says of each`() throws {
    let areas = VirtualMemoryArea.parse(smaps)
    try #require(areas.count == 3)
    #expect(areas[0].path == "/memfd:a b (deleted)")
    #expect(areas[0].range == AddressRange(start: 0x7f5c_0000_0000, length: 0x20_0000))
    #expect(areas[0].permissions == "rw-s")
    #expect((areas[0].offset, areas[0].inode) == (0x1000, 2051))
    #expect(areas[0].device == DeviceNumber("0:1"))
    #expect(areas[0].usage?.transparentHuge == 2_097_152)
    #expect((areas[0].usage?.resident, areas[0].usage?.swapped) == (12288, 8192))
    #expect(areas[0].has(.userfaultWriteProtect) && !areas[0].has(.inputOutput))
    #expect(areas[1].has(.pageFrames) && areas[1].path.isEmpty && !areas[1].isReadable)
    #expect(areas[2].path == "[vsyscall]")
  }

  @Test func `of this process name a buffer that was mapped`() throws {
    let buffer = try HostBuffer(.memfd, length: 3 * 4096)
    try buffer.populate()
    let areas = try VirtualMemoryArea.overlapping(buffer.range, detail: .smaps)
    try #require(areas.count == 1)
    #expect(areas[0].range.contains(buffer.range))
    #expect(areas[0].path == "/memfd:memreg (deleted)")
    #expect(areas[0].isShared && areas[0].isWritable)
    #expect(areas[0].usage?.resident == 3 * 4096)
    #expect(areas[0].usage?.pageSize == 4096)
  }

  @Test func `show the same areas by maps and by smaps`() throws {
    let buffer = try HostBuffer(.anonymous, length: 4096, writable: false)
    let brief = try VirtualMemoryArea.overlapping(buffer.range)
    let full = try VirtualMemoryArea.overlapping(buffer.range, detail: .smaps)
    #expect(brief.map(\.label) == full.map(\.label))
    #expect(brief.first?.usage == nil)
    #expect(full.first?.isWritable == false)
  }
}

@Suite struct `Page maps` {
  @Test func `tell touched pages from untouched ones`() throws {
    let buffer = try HostBuffer(.anonymous, length: 4 * 4096)
    unsafe buffer.withUnsafeBytes { bytes in
      unsafe bytes[4096] = 1
      unsafe bytes[3 * 4096] = 1
    }
    let entries = try PageMap().entries(in: buffer.range)
    #expect(entries.map(\.isPresent) == [false, true, false, true])
    #expect(entries[0].frame == nil)
  }

  @Test func `decode the bits of an entry`() {
    let entry = PageMap.Entry(rawValue: 1 << 63 | 1 << 61 | 1 << 56 | 0x1234)
    #expect(entry.isPresent && entry.isFileOrShared && entry.isExclusive && !entry.isSwapped)
    #expect(entry.frame == 0x1234)
    #expect(PageMap.Entry(rawValue: 1 << 62 | 0x1234).frame == nil)
  }
}
