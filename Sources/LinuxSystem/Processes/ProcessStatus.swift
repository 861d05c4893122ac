/// The memory lines of /proc/PID/status that pinning moves, in bytes.
public struct ProcessStatus: Equatable, Sendable {
  /// Bytes pinned (`VmPin`, the kernel's `mm->pinned_vm`): RDMA, io_uring, vdpa, iommufd together.
  public var pinned: Int64 = 0
  /// Bytes locked (`VmLck`, the kernel's `mm->locked_vm`), a budget apart from `pinned`.
  public var locked: UInt64 = 0
  /// The effective capability mask (`CapEff`).
  public var effectiveCapabilities: UInt64 = 0
  /// The permitted capability mask (`CapPrm`).
  public var permittedCapabilities: UInt64 = 0
  /// The bounding capability mask (`CapBnd`).
  public var boundingCapabilities: UInt64 = 0
  /// The parent's process id as this process's pid namespace sees it; 0 for none (`PPid`).
  public var parent: Int32 = 0
  /// Whether it has ended and its parent has not noticed (`State`).
  public var isZombie = false
  /// The process's name (`Name`).
  public var name = ""
  /// The effective user id.
  public var user: UInt32 = 0
  /// The process that a thread belongs to (`Tgid`), for status files of threads.
  public var processID: Int32 = 0

  /// Whether a seccomp filter judges its system calls (`Seccomp: 2`).
  public var isFiltered = false

  /// Reads /proc/`pid`/status, `nil` being this process; throws ENOENT when it is gone, EACCES when hidden.
  public init(ofProcess pid: Int32? = nil) throws(SystemError) {
    let path = "/proc/\(pid.map(String.init) ?? "self")/status"
    self.init(parsing: try TextFile.read(path))
  }

  /// The name as the process set it: the kernel writes `\n` and `\\` for a newline and a backslash.
  private static func name(_ text: Substring.UTF8View) -> String {
    let (backslash, newline) = (UInt8(ascii: "\\"), UInt8(ascii: "\n"))
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in text.dropFirst() {
      if isEscaped {
        bytes.append(byte == UInt8(ascii: "n") ? newline : byte)
        isEscaped = false
      } else if byte == backslash {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads the fields from the text of a status file; absent fields stay zero.
  public init(parsing text: String) {
    pinned = VmPin.bytes(in: text.utf8.span) ?? 0
    locked = VmPin.lockedBytes(in: text.utf8.span) ?? 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let fields = line[line.index(after: colon)...]
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        .map { String(Substring($0)) }
      guard let first = fields.first else { continue }
      switch String(Substring(line[..<colon])) {
      case "CapEff": effectiveCapabilities = UInt64(first, radix: 16) ?? 0
      case "CapPrm": permittedCapabilities = UInt64(first, radix: 16) ?? 0
      case "CapBnd": boundingCapabilities = UInt64(first, radix: 16) ?? 0
      case "State": isZombie = first == "Z"
      case "PPid": parent = Int32(first) ?? 0
      case "Name": name = ProcessStatus.name(line[line.index(after: colon)...])
      case "Seccomp": isFiltered = first == "2"
      case "Tgid": processID = Int32(first) ?? 0
      case "Uid" where fields.count > 1: user = UInt32(fields[1]) ?? 0
      default: continue
      }
    }
  }
}
