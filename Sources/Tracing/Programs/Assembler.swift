/// A register of BPF programs.
enum Register: UInt8 {
  /// Results of helpers; the value a program ends with.
  case r0
  /// Arguments of helpers, lost in each call.
  case r1, r2, r3, r4, r5
  /// Kept over calls.
  case r6, r7, r8, r9
  /// The end of the stack of 512 bytes, read only.
  case stack
}

/// A function of the kernel that programs may call (enum bpf_func_id).
enum Helper: Int32 {
  case mapLookup = 1
  case mapUpdate = 2
  case clock = 5
  case processAndThread = 14
  case command = 16
  case readUser = 112
  case readKernel = 113
  case ringOutput = 130
  case ringReserve = 131
  case ringSubmit = 132
  case task = 158
  case userRegisters = 175
  case functionArgument = 183
}

/// Puts a BPF program together (Documentation/bpf/standardization/instruction-set.rst).
struct Assembler {
  /// A place in the program to jump to.
  struct Label {
    fileprivate let index: Int
  }

  /// What a conditional jump asks; comparisons are unsigned.
  enum Condition: UInt8 {
    case equals = 0x10
    case isGreaterOrEqual = 0x30
    case differs = 0x50
    case isLess = 0xA0
  }

  /// How many bytes are read or written.
  enum Width: UInt8 {
    case byte = 0x10
    case word = 0x00
    case double = 0x18

    var bytes: Int32 {
      switch self {
      case .byte: 1
      case .word: 4
      case .double: 8
      }
    }
  }

  /// Two-operand arithmetic on 64 bits.
  enum Operation: UInt8 {
    case add = 0x00
    case subtract = 0x10
    case or = 0x40
    case and = 0x50
    case shiftLeft = 0x60
    case shiftRight = 0x70
    case shiftRightSigned = 0xC0
  }

  private var words: [UInt64] = []
  private var places: [Int?] = []
  private var jumps: [(word: Int, label: Int)] = []

  /// The instructions, with the distances of all jumps filled in.
  var instructions: [UInt64] {
    var words = words
    for jump in jumps {
      guard let place = places[jump.label] else { continue }
      words[jump.word] |= UInt64(UInt16(truncatingIfNeeded: place - jump.word - 1)) << 16
    }
    return words
  }

  mutating func label() -> Label {
    places.append(nil)
    return Label(index: places.count - 1)
  }

  mutating func place(_ label: Label) { places[label.index] = words.count }

  mutating func move(_ to: Register, _ from: Register) { append(0xBF, to, from) }

  mutating func set(_ to: Register, _ value: Int32) { append(0xB7, to, immediate: value) }

  mutating func apply(_ operation: Operation, _ to: Register, _ from: Register) {
    append(0x0F | operation.rawValue, to, from)
  }

  mutating func apply(_ operation: Operation, _ to: Register, _ value: Int32) {
    append(0x07 | operation.rawValue, to, immediate: value)
  }

  mutating func load(
    _ to: Register,
    _ from: Register,
    _ offset: Int,
    width: Width = .double
  ) {
    append(0x61 | width.rawValue, to, from, offset: offset)
  }

  mutating func store(
    _ base: Register,
    _ offset: Int,
    _ from: Register,
    width: Width = .double
  ) {
    append(0x63 | width.rawValue, base, from, offset: offset)
  }

  mutating func store(_ base: Register, _ offset: Int, zeroing width: Width) {
    append(0x62 | width.rawValue, base, offset: offset)
  }

  /// Adds `from` to the 64 bits at `base` + `offset`, atomically.
  mutating func increase(_ base: Register, _ offset: Int, by from: Register) {
    append(0xDB, base, from, offset: offset)
  }

  mutating func jump(_ label: Label) {
    jumps.append((words.count, label.index))
    append(0x05, .r0)
  }

  mutating func jump(_ label: Label, if one: Register, _ condition: Condition, _ other: Register) {
    jumps.append((words.count, label.index))
    append(0x0D | condition.rawValue, one, other)
  }

  mutating func jump(_ label: Label, if one: Register, _ condition: Condition, _ value: Int32) {
    jumps.append((words.count, label.index))
    append(0x05 | condition.rawValue, one, immediate: value)
  }

  mutating func call(_ helper: Helper) { append(0x85, .r0, immediate: helper.rawValue) }

  /// The address of a map for a helper.
  mutating func load(_ to: Register, map: Int32) {
    // BPF_PSEUDO_MAP_FD: the loader puts the address of the map in the place of its descriptor.
    append(0x18, to, .r1, immediate: map)
    append(0x00, .r0)
  }

  /// A constant of 64 bits.
  mutating func load(_ to: Register, constant: UInt64) {
    append(0x18, to, immediate: Int32(truncatingIfNeeded: constant))
    append(0x00, .r0, immediate: Int32(truncatingIfNeeded: constant >> 32))
  }

  mutating func end() {
    set(.r0, 0)
    append(0x95, .r0)
  }

  private mutating func append(
    _ code: UInt8,
    _ to: Register,
    _ from: Register = .r0,
    offset: Int = 0,
    immediate: Int32 = 0
  ) {
    words.append(
      UInt64(code) | UInt64(to.rawValue) << 8 | UInt64(from.rawValue) << 12
        | UInt64(UInt16(truncatingIfNeeded: offset)) << 16
        | UInt64(UInt32(bitPattern: immediate)) << 32
    )
  }
}
