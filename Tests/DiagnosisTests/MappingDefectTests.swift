import HostMemory
import LinuxSystem
import Testing

@testable import Diagnosis

@Suite struct `Defects of mappings` {
  private let text = """
    7f0000000000-7f0000004000 rw-p 00000000 00:00 0
    VmFlags: rd wr mr mw me ac
    7f0000004000-7f0000006000 r--p 00000000 00:00 0
    VmFlags: rd mr mw me ac
    7f0000008000-7f000000c000 rw-s 00001000 08:01 77                 /data/file
    VmFlags: rd wr sh mr mw me ms
    7f000000c000-7f000000d000 ---p 00000000 00:00 0
    VmFlags: mr mw me
    7f000000d000-7f000000e000 rw-s 00000000 00:06 5                  /dev/infiniband/uverbs0
    VmFlags: rd wr sh mr mw me ms pf io
    7f000000e000-7f0000010000 rw-p 00000000 00:00 0
    VmFlags: rd wr mr mw me um
    """

  private func defects(
    from start: UInt64,
    to end: UInt64,
    forWriting: Bool = true,
    file: MappedFile? = nil,
    absent: Set<UInt64> = [],
    guarded: UInt64? = nil,
    protected: UInt64? = nil,
    rules: KernelBehaviour = KernelBehaviour()
  ) -> [MappingDefect] {
    MappingDefect.find(
      in: AddressRange(start: start, length: end - start),
      areas: VirtualMemoryArea.parse(text),
      forWriting: forWriting,
      rules: rules,
      facts: .init(
        file: { $0.inode == 77 ? file : nil },
        isAbsent: { absent.contains($0) },
        firstGuard: { range in
          guarded.flatMap { range.contains(AddressRange(start: $0, length: 1)) ? $0 : nil }
        },
        firstProtected: { range in
          protected.flatMap { range.contains(AddressRange(start: $0, length: 1)) ? $0 : nil }
        },
        isShort: { $0.freePages == 0 }
      )
    )
  }

  @Test func `are a guard region, wherever it lies in a mapping`() {
    let found = defects(from: 0x7f00_0000_0000, to: 0x7f00_0000_4000, guarded: 0x7f00_0000_2000)
    #expect(found.map(\.cause) == [.guardRegion])
    #expect(found.map(\.address) == [0x7f00_0000_2000])
  }

  @Test(
    arguments: [
      ("/dev/nvidia-uvm", .deviceMemory), ("/dev/kfd", .deviceMemory),
      ("/dev/dri/renderD128", .deviceMemory), ("/dmabuf:", .deviceMemory),
      ("/dev/vfio/12", .specialMapping),
    ] as [(String, FailureCause)]
  )
  func `are of the driver whose file is mapped`(path: String, cause: FailureCause) throws {
    let areas = VirtualMemoryArea.parse(
      "7f0000000000-7f0000004000 rw-s 00000000 00:06 5 \(path)\nVmFlags: rd wr sh mr mw me ms pf io\n"
    )
    let found = MappingDefect.find(
      in: AddressRange(start: 0x7f00_0000_0000, length: 4096),
      areas: areas,
      forWriting: true,
      rules: KernelBehaviour(),
      facts: .init(
        file: { _ in nil },
        isAbsent: { _ in false },
        firstGuard: { _ in nil },
        firstProtected: { _ in nil },
        isShort: { _ in false }
      )
    )
    #expect(found.map(\.cause) == [cause])
  }

  @Test func `are none where all may be read and written`() {
    #expect(defects(from: 0x7f00_0000_0001, to: 0x7f00_0000_3fff).isEmpty)
    #expect(defects(from: 0x7f00_0000_0000, to: 0x7f00_0000_6000, forWriting: false).isEmpty)
  }

  @Test func `come by ascending address, each with the first address that it spoils`() {
    let found = defects(from: 0x7f00_0000_3800, to: 0x7f00_0000_a000)
    #expect(found.map(\.cause) == [.notWritable, .hole])
    #expect(found.map(\.address) == [0x7f00_0000_4000, 0x7f00_0000_6000])
    #expect(found[0].area?.permissions == "r--p" && found[1].area == nil)
  }

  @Test func `are a hole before the first mapping and after the last`() {
    #expect(defects(from: 0x1000, to: 0x2000).map(\.cause) == [.hole])
    let after = defects(from: 0x7f00_0000_f000, to: 0x7f00_0001_1000)
    #expect(after.map(\.address) == [0x7f00_0001_0000])
  }

  @Test func `are a file's end, its file system and direct access`() {
    let (start, end) = (UInt64(0x7f00_0000_8000), UInt64(0x7f00_0000_c000))
    let short = MappedFile(type: "tmpfs", size: 0x2001)
    #expect(defects(from: start, to: end, file: short).map(\.address) == [0x7f00_0000_a000])
    #expect(
      defects(from: start, to: end, file: MappedFile(type: "tmpfs", size: 0x5000)).isEmpty
    )
    let tracked = MappedFile(type: "ext4", size: 0x5000)
    #expect(defects(from: start, to: end, file: tracked).map(\.cause) == [.sharedFile])
    #expect(defects(from: start, to: end, forWriting: false, file: tracked).isEmpty)
    let direct = MappedFile(type: "ext4", isDirectAccess: true, size: 0x5000)
    #expect(defects(from: start, to: end, file: direct).map(\.cause) == [.directAccessFile])
  }

  @Test func `are unreadable memory and mappings of devices`() {
    let found = defects(from: 0x7f00_0000_c000, to: 0x7f00_0000_e000, forWriting: false)
    #expect(found.map(\.cause) == [.notReadable, .specialMapping])
  }

  @Test func `are absent pages under userfaultfd alone`() {
    let (start, end) = (UInt64(0x7f00_0000_e000), UInt64(0x7f00_0001_0000))
    #expect(defects(from: start, to: end).isEmpty)
    let found = defects(from: start, to: end, absent: [0x7f00_0000_f000])
    #expect(found.map(\.cause) == [.userfaultMissing])
    #expect(found.map(\.address) == [0x7f00_0000_f000])
  }

  @Test func `are pages that a userfaultfd protects, for whoever pins for writing`() {
    let text = """
      7f0000000000-7f0000004000 rw-p 00000000 00:00 0
      VmFlags: rd wr mr mw me uw
      """
    func causes(_ forWriting: Bool, _ rules: KernelBehaviour) -> [FailureCause] {
      MappingDefect.find(
        in: AddressRange(start: 0x7f00_0000_0000, length: 0x4000),
        areas: VirtualMemoryArea.parse(text),
        forWriting: forWriting,
        rules: rules,
        facts: .init(
          file: { _ in nil },
          isAbsent: { _ in false },
          firstGuard: { _ in nil },
          firstProtected: { _ in 0x7f00_0000_1000 },
          isShort: { _ in false }
        )
      )
      .map(\.cause)
    }
    #expect(causes(true, KernelBehaviour(of: KernelRelease(6, 12))) == [.userfaultProtected])
    #expect(causes(false, KernelBehaviour(of: KernelRelease(6, 12))) == [])
    #expect(causes(false, KernelBehaviour(of: KernelRelease(6, 1))) == [.userfaultProtected])
  }

  @Test func `follow the kernel that pins by force, and the one that does not`() {
    let (old, new) = (
      KernelBehaviour(of: KernelRelease(6, 1)), KernelBehaviour(of: KernelRelease(6, 12))
    )
    let (start, end) = (UInt64(0x7f00_0000_c000), UInt64(0x7f00_0000_d000))
    // PROT_NONE, private: force breaks copy-on-write.
    #expect(defects(from: start, to: end, forWriting: false, rules: old).isEmpty)
    #expect(defects(from: start, to: end, forWriting: true, rules: old).count == 1)
    #expect(defects(from: start, to: end, forWriting: false, rules: new).count == 1)
    let tracked = MappedFile(type: "ext4", size: 0x5000)
    let file = (UInt64(0x7f00_0000_8000), UInt64(0x7f00_0000_c000))
    #expect(defects(from: file.0, to: file.1, file: tracked, rules: old).isEmpty)
    #expect(
      defects(from: file.0, to: file.1, file: tracked, rules: new).map(\.cause) == [.sharedFile]
    )
  }
}
