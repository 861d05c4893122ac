import Diagnosis
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import StagedMemory
import Verbs

/// Memory staged so that it cannot be pinned, and the explanation of the kernel's refusal.
enum Stage {
  static let page = UInt64(BasePage.size)

  /// Registers `range` for real, by rxe0 where there is one, and explains the refusal; `nil` where there is none.
  static func explain(
    _ range: AddressRange,
    access: AccessFlags = [.localWrite]
  ) throws -> (code: Errno, explanation: FailureExplanation)? {
    let strategy: any RegistrationStrategy
    if RXE.isPresent {
      strategy = VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: "rxe0")))
    } else {
      strategy = IOUringStrategy()
    }
    let probe = RegistrationProbe(strategy)
    guard let code = probe.attempt(range, access: access).refusal else { return nil }
    let explainer = Explainer(
      device: RXE.isPresent ? DeviceTraits(named: "rxe0") : nil,
      probe: probe
    )
    let attempt = RegistrationAttempt(range, access: access, strategy: strategy.kind, code: code)
    return (code, explainer.explain(attempt))
  }

  /// Maps `pages` pages, near `hint` if there is one; `descriptor` -1 is anonymous memory.
  static func map(
    _ pages: UInt64,
    protection: Int32 = PROT_READ | PROT_WRITE,
    flags: Int32 = MAP_PRIVATE | MAP_ANONYMOUS,
    descriptor: Int32 = -1,
    near hint: UInt64 = 0
  ) throws -> AddressRange {
    let length = pages * page
    let (address, code) = unsafe (
      mmap(pointer(hint), Int(length), protection, flags, descriptor, 0), Errno.current
    )
    guard unsafe address != MAP_FAILED else { throw SystemError("map", code: code) }
    return AddressRange(start: UInt64(UInt(bitPattern: address)), length: length)
  }

  static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
  }

  /// Maps a new file of `filePages` in `directory` over `pages` pages, shared and writable.
  static func mapFile(
    in directory: String,
    filePages: UInt64,
    pages: UInt64
  ) throws -> AddressRange {
    var template = Array("\(directory)/memreg-stage-XXXXXX".utf8CString)
    let (descriptor, code) = unsafe (mkstemp(&template), Errno.current)
    guard descriptor >= 0 else { throw SystemError("make a file in \(directory)", code: code) }
    _ = unsafe unlink(template)
    // Kept open: a file without a name is found by its descriptor.
    guard ftruncate(descriptor, Int(filePages * page)) == 0 else {
      throw SystemError("extend a file", code: .ENOSPC)
    }
    return try map(pages, flags: MAP_SHARED, descriptor: descriptor)
  }

  static func secret(pages: UInt64) throws -> AddressRange {
    var address: UnsafeMutableRawPointer?
    let code = unsafe staged_secret(Int(pages * page), &address)
    try SystemError.check("map secret memory", code)
    return AddressRange(start: UInt64(UInt(bitPattern: address)), length: pages * page)
  }

  /// Whether the kernel hands out secret memory.
  static let hasSecretMemory = (try? secret(pages: 1)) != nil

  /// A directory on a file system that tracks dirty pages: /var/tmp, or a fresh ext4 where root can mount one.
  static let trackedDirectory: String? = {
    if tracksFiles(in: "/var/tmp") { return "/var/tmp" }
    let directory = "/dev/shm/memreg-ext4"
    let made = unsafe system(
      "{ mkdir -p \(directory) && truncate -s 16M \(directory).img && mkfs.ext4 -q \(directory).img "
        + "&& modprobe loop && mount -o loop \(directory).img \(directory); } >/dev/null 2>&1"
    )
    return made == 0 && tracksFiles(in: directory) ? directory : nil
  }()

  /// A directory on emulated persistent memory mounted with -o dax, where root boots with one that is empty.
  static let directAccessDirectory: String? = {
    let directory = "/dev/shm/memreg-dax"
    let made = unsafe system(
      "{ test -e /sys/devices/platform/e820_pmem && modprobe nd_e820 && modprobe nd_pmem "
        + "&& for n in $(seq 100); do test -b /dev/pmem0 && break; sleep 0.1; done; "
        + "test -b /dev/pmem0 && mkdir -p \(directory) && mkfs.ext4 -q -b 4096 /dev/pmem0 "
        + "&& mount -o dax /dev/pmem0 \(directory); } >/dev/null 2>&1 </dev/null"
    )
    return made == 0 ? directory : nil
  }()

  /// The first memory resource of a PCI device that lets itself be mapped, `nil` where there is none.
  static func deviceMemory() throws -> AddressRange? {
    let root = "/sys/bus/pci/devices"
    for device in Directory.names(in: root) {
      for resource in 0..<6 {
        let path = "\(root)/\(device)/resource\(resource)"
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { continue }
        defer { close(descriptor) }
        if let range = try? map(1, flags: MAP_SHARED, descriptor: descriptor) { return range }
      }
    }
    return nil
  }

  /// Whether this is the guest's root, who may make device nodes that vanish with it.
  static let canMakeNodes = RXE.isPresent && geteuid() == 0

  /// Maps the first page of a character device through a node of this name, which stays: the mapping shows its name.
  static func mapNode(_ path: String, major: UInt32, minor: UInt32) throws -> AddressRange {
    let number = dev_t(major) << 8 | dev_t(minor)
    _ = unsafe mknod(path, S_IFCHR | 0o600, number)
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open \(path)", code: .current) }
    defer { close(descriptor) }
    return try map(1, flags: MAP_SHARED, descriptor: descriptor)
  }

  /// Writes to every page and counts those that lie in ZONE_MOVABLE.
  static func touch(_ range: AddressRange) throws -> Int {
    for page in 0..<range.pages {
      unsafe pointer(range.start + page * Stage.page)?.storeBytes(of: 1, as: UInt8.self)
    }
    let zones = MovableZone.frames
    return try PageMap().entries(in: range)
      .count { entry in entry.frame.map { frame in zones.contains { $0.contains(frame) } } ?? false
      }
  }

  private static func tracksFiles(in directory: String) -> Bool {
    guard let range = try? mapFile(in: directory, filePages: 1, pages: 1),
      let area = try? VirtualMemoryArea.overlapping(range).first
    else { return false }
    // An overlay does as the file system below it does, which it does not show.
    let type = MappedFile(behind: area, ofProcess: nil)?.type
    return ["ext4", "xfs", "btrfs"].contains(type)
  }
}
