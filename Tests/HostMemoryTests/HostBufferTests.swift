import Glibc
import HostMemory
import LinuxSystem
import Testing

@Suite struct `A host buffer` {
  @Test(
    arguments: [MemoryKind.anonymous, .transparentHuge, .memfd],
    [1, 4096, 3 << 20] as [UInt64]
  )
  func `maps writable memory of the length asked for`(kind: MemoryKind, length: UInt64) throws {
    let buffer = try HostBuffer(kind, length: length)
    try buffer.populate()
    #expect(buffer.range.length == length)
    #expect(buffer.range.start % kind.granule == 0)
    unsafe buffer.withUnsafeBytes { bytes in
      unsafe bytes[Int(length) - 1] = 7
      #expect(unsafe bytes[Int(length) - 1] == 7)
    }
  }

  @Test(arguments: [MemoryKind.anonymous, .transparentHuge, .memfd])
  func `reads zeros again after its pages are discarded`(kind: MemoryKind) throws {
    let buffer = try HostBuffer(kind, length: 8192)
    unsafe buffer.withUnsafeBytes { unsafe $0[5000] = 7 }
    try buffer.discardPages()
    unsafe buffer.withUnsafeBytes { #expect(unsafe $0[5000] == 0) }
  }

  @Test func `is unmapped when it leaves scope`() async {
    // In a process of its own, where no other test can map the same addresses meanwhile.
    await #expect(processExitsWith: .success) {
      let range = try HostBuffer(.anonymous, length: 1 << 20).range
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(range.start))
      #expect(unsafe msync(pointer, 4096, MS_ASYNC) == -1)
    }
  }

  @Test(arguments: [(UInt64(0), Errno.EINVAL), (UInt64.max, .ENOMEM), (UInt64(1) << 62, .ENOMEM)])
  func `of an impossible length is refused`(length: UInt64, code: Errno) {
    #expect {
      _ = try HostBuffer(.anonymous, length: length)
    } throws: { error in
      (error as? SystemError)?.code == code
    }
  }

  @Test func `of a file that is absent or too short is refused`() throws {
    #expect {
      _ = try HostBuffer(.file("/nonexistent"), length: 1)
    } throws: { error in
      (error as? SystemError)?.code == .ENOENT
    }
    #expect {
      _ = try HostBuffer(.file("/proc/self/status"), length: 1 << 20, writable: false)
    } throws: { error in
      (error as? SystemError)?.remedy == "the file has 0 bytes; ask for no more"
    }
  }

  @Test func `of hugetlb pages that the pool lacks names the pool`() throws {
    let free = HugePageSize.twoMebibytes.freePages ?? 0
    #expect {
      _ = try HostBuffer(.hugetlb(.twoMebibytes), length: (free + 1) << 21)
    } throws: { error in
      (error as? SystemError)?.remedy?.contains("the pool has \(free) free") == true
    }
  }
}

@Suite struct `The status of a process` {
  @Test func `gives pinned and locked bytes apart`() {
    let status = ProcessStatus(
      parsing:
        "Name:\tmy prog\nUid:\t5\t6\t7\t8\nVmLck:\t       8 kB\nVmPin:\t    1024 kB\nCapEff:\t0000000000004000\n"
    )
    #expect(status.pinned == 1_048_576)
    #expect(status.locked == 8192)
    #expect(status.effectiveCapabilities == Capability.ipcLock.mask)
    #expect(status.name == "my prog")
    #expect(status.user == 6)
  }

  @Test(arguments: ["", "VmPin", "VmPin:", "VmPin: x kB", "\u{0}\n:::\n", "VmPin:\t-5 kB"])
  func `of a text that is none is all zeros`(text: String) {
    #expect(ProcessStatus(parsing: text).pinned == 0)
  }

  @Test func `of a process that is gone throws ENOENT`() {
    #expect {
      _ = try ProcessStatus(ofProcess: 0x3fff_ffff)
    } throws: { error in
      (error as? SystemError)?.code == .ENOENT
    }
  }
}

@Suite struct `Pin counters` {
  @Test func `show what is outstanding`() {
    let text = "nr_free 1\nnr_foll_pin_acquired 128\nnr_foll_pin_released 64\n"
    let counters = FollPin(parsing: text.utf8.span)
    #expect(counters.outstanding == 64)
  }
}

@Suite struct `Kinds of memory` {
  @Test(arguments: ["anonymous", "thp", "hugetlb:2M", "hugetlb:1G", "memfd", "file:/a b"])
  func `keep their names`(name: String) {
    #expect(MemoryKind(name: name)?.name == name)
  }

  @Test(arguments: ["", "file:", "hugetlb:3M", "Anonymous", "thp:2M"])
  func `refuse other names`(name: String) {
    #expect(MemoryKind(name: name) == nil)
  }
}
