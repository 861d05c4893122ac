import Glibc
import LinuxSystem

/// What the kernel or one of its modules says of its own types and functions (BTF, Documentation/bpf/btf.rst).
struct TypeFile {
  /// The kinds of types that tracing looks at.
  enum Kind: UInt32 {
    case integer = 1
    case pointer = 2
    case structure = 4
    case union = 5
    case typedef = 8
    case volatile = 9
    case constant = 10
    case restricted = 11
    case function = 12
    case prototype = 13
    case tag = 18
  }

  /// The fixed part of a type; what belongs to its kind follows at `details`.
  struct Entry {
    let name: UInt32
    let kind: Kind?
    /// Members or parameters.
    let count: Int
    /// Whether the places of members also tell the width of bit fields.
    let packsBitFields: Bool
    /// The size of the type, or the type that it refers to.
    let link: UInt32
    let details: Int
  }

  /// The module, or `nil` for the kernel itself.
  let module: String?
  /// The number of the first type here; those before it are the kernel's.
  let firstType: UInt32
  private let bytes: [UInt8]
  private let strings: Range<Int>
  private let positions: [Int]
  /// The numbers of the types that are looked for by name.
  private let numbers: [Kind: [UInt32]]
  /// The length of the kernel's strings, after which those of a module are counted.
  private let stringsBefore: Int

  /// Reads what /sys/kernel/btf has of `module`, whose types follow those of the kernel, `base`.
  init(module: String? = nil, after base: TypeFile? = nil) throws(SystemError) {
    let path = "/sys/kernel/btf/\(module ?? "vmlinux")"
    let bytes = try TextFile.bytes(path)
    guard let file = TypeFile(bytes, module: module, after: base) else {
      throw SystemError("read \(path)", code: Errno(rawValue: EBADMSG))
    }
    self = file
  }

  /// Reads the bytes of such a file; `nil` if they are not of its form.
  init?(_ bytes: [UInt8], module: String? = nil, after base: TypeFile? = nil) {
    guard bytes.count >= 24, bytes.number(at: 0) & 0xFFFF == 0xEB9F else { return nil }
    let header = Int(bytes.number(at: 4))
    let types = header + Int(bytes.number(at: 8))
    let end = types + Int(bytes.number(at: 12))
    let text = header + Int(bytes.number(at: 16))
    strings = text..<(text + Int(bytes.number(at: 20)))
    guard types <= end, end <= bytes.count, strings.upperBound <= bytes.count else { return nil }
    let firstType = base.map { $0.firstType + UInt32($0.positions.count) } ?? 1
    var positions: [Int] = []
    positions.reserveCapacity((end - types) / 20)
    var functions: [UInt32] = []
    var structures: [UInt32] = []
    var typedefs: [UInt32] = []
    var position = types
    while position + 12 <= end {
      let information = bytes.number(at: position + 4)
      guard let size = TypeFile.size(of: information) else { return nil }
      let number = firstType + UInt32(positions.count)
      switch information >> 24 & 31 {
      case Kind.function.rawValue: functions.append(number)
      case Kind.structure.rawValue: structures.append(number)
      case Kind.typedef.rawValue: typedefs.append(number)
      default: break
      }
      positions.append(position)
      position += size
    }
    guard position == end else { return nil }
    self.positions = positions
    numbers = [.function: functions, .structure: structures, .typedef: typedefs]
    self.bytes = bytes
    self.module = module
    self.firstType = firstType
    stringsBefore = base?.strings.count ?? 0
  }

  /// The types of this file, by number.
  var types: Range<UInt32> { firstType..<(firstType + UInt32(positions.count)) }

  /// The numbers of the types of a kind: functions, structures or typedefs.
  func types(of kind: Kind) -> [UInt32] { numbers[kind] ?? [] }

  /// Where the name of a type is.
  func name(of number: UInt32) -> UInt32 { bytes.number(at: positions[Int(number - firstType)]) }

  /// The type with a number of `types`.
  subscript(_ number: UInt32) -> Entry {
    let position = positions[Int(number - firstType)]
    let information = bytes.number(at: position + 4)
    return Entry(
      name: bytes.number(at: position),
      kind: Kind(rawValue: information >> 24 & 31),
      count: Int(information & 0xFFFF),
      packsBitFields: information >> 31 == 1,
      link: bytes.number(at: position + 8),
      details: position + 12
    )
  }

  /// The name and type of a parameter of a prototype.
  func parameter(_ index: Int, of entry: Entry) -> (name: UInt32, type: UInt32) {
    let position = entry.details + 8 * index
    return (bytes.number(at: position), bytes.number(at: position + 4))
  }

  /// The name and type of a member of a structure, and its distance from the start in bytes.
  func member(_ index: Int, of entry: Entry) -> (name: UInt32, type: UInt32, offset: Int) {
    let position = entry.details + 12 * index
    let place = bytes.number(at: position + 8)
    return (
      bytes.number(at: position), bytes.number(at: position + 4),
      Int(entry.packsBitFields ? place & 0xFF_FFFF : place) / 8
    )
  }

  /// The text at `offset` if it is in this file.
  func text(_ offset: UInt32) -> String? {
    let start = strings.lowerBound + Int(offset) - stringsBefore
    guard Int(offset) >= stringsBefore, strings.contains(start) else { return nil }
    return String(decoding: bytes[start..<strings.upperBound].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Where each of `names` is, as types refer to it; a text is there once at most.
  func offsets(of names: Set<String>) -> [UInt32: String] {
    var byLength = [[[UInt8]]](repeating: [], count: 1 + (names.map(\.utf8.count).max() ?? 0))
    for name in names { byLength[name.utf8.count].append(Array(name.utf8)) }
    var found: [UInt32: String] = [:]
    unsafe bytes.withUnsafeBytes { all in
      let text = unsafe UnsafeRawBufferPointer(rebasing: all[strings])
      guard let base = text.baseAddress else { return }
      var start = 0
      while start < text.count, let end = unsafe memchr(base + start, 0, text.count - start) {
        let length = unsafe base.distance(to: UnsafeRawPointer(end)) - start
        for name in length < byLength.count ? byLength[length] : []
        where unsafe memcmp(base + start, name, length) == 0 {
          found[UInt32(start + stringsBefore)] = String(decoding: name, as: UTF8.self)
        }
        start += length + 1
      }
    }
    return found
  }

  /// The bytes of a type with this second word; `nil` for a kind from the future.
  private static func size(of information: UInt32) -> Int? {
    let count = Int(information & 0xFFFF)
    switch information >> 24 & 31 {
    case 1, 14, 17: return 16
    case 2, 7...12, 16, 18: return 12
    case 3: return 24
    case 4, 5, 15, 19: return 12 + 12 * count
    case 6, 13: return 12 + 8 * count
    default: return nil
    }
  }
}

extension [UInt8] {
  fileprivate func number(at position: Int) -> UInt32 {
    precondition(position >= 0 && position + 4 <= count)
    return unsafe withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: position, as: UInt32.self)
    }
  }
}
