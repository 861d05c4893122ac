import MemoryRegistration
public import Verbs

/// One step of a fuzzing sequence; written and read as one line of text.
public enum FuzzOperation: Equatable, Sendable {
  /// What a step maps.
  public enum Mapping: String, Sendable, CaseIterable {
    case anonymous
    case shared
    case memfd
    case memfdPrivate = "memfd-private"
  }

  /// Maps pages of the arena anew.
  case map(Mapping, first: Int, count: Int, AddressSpaceModel.Protection)
  /// Unmaps pages.
  case unmap(first: Int, count: Int)
  /// Changes what the CPU may do with pages.
  case protect(first: Int, count: Int, AddressSpaceModel.Protection)
  /// Moves pages by mremap.
  case move(first: Int, count: Int, to: Int)
  /// Gives pages back by MADV_DONTNEED.
  case discard(first: Int, count: Int)
  /// Registers bytes from an offset into the arena under a number.
  case register(Int, offset: UInt64, length: UInt64, AccessFlags)
  /// Deregisters the region of a number.
  case deregister(Int)
  /// Sets the soft memlock limit in bytes, `nil` being unlimited.
  case limit(UInt64?)
  /// Gives or takes CAP_IPC_LOCK.
  case privilege(Bool)
  /// Forks a child, which finds nothing charged, registers bytes, and deregisters the numbered region if there is one.
  case fork(deregister: Int, offset: UInt64, length: UInt64)
}

extension FuzzOperation: CustomStringConvertible {
  /// The line of a script.
  public var description: String {
    switch self {
    case .map(let kind, let first, let count, let protection):
      "map \(kind.rawValue) \(first) \(count) \(protection.rawValue)"
    case .unmap(let first, let count): "unmap \(first) \(count)"
    case .protect(let first, let count, let protection):
      "protect \(first) \(count) \(protection.rawValue)"
    case .move(let first, let count, let target): "move \(first) \(count) \(target)"
    case .discard(let first, let count): "discard \(first) \(count)"
    case .register(let number, let offset, let length, let access):
      "register \(number) \(offset) \(length) 0x\(String(access.rawValue, radix: 16))"
    case .deregister(let number): "deregister \(number)"
    case .limit(let bytes): "limit \(bytes.map(String.init) ?? "unlimited")"
    case .privilege(let isGiven): "privilege \(isGiven ? "on" : "off")"
    case .fork(let number, let offset, let length): "fork \(number) \(offset) \(length)"
    }
  }

  /// Reads a line of a script; `nil` for anything that is no operation.
  public init?(line: Substring) {
    let words = line.split(separator: " ").map(String.init)
    guard let verb = words.first else { return nil }
    func word(_ index: Int) -> String { index < words.count ? words[index] : "" }
    func page(_ index: Int) -> Int? {
      Int(word(index)).flatMap { (0...FuzzArena.pages).contains($0) ? $0 : nil }
    }
    func span(_ index: Int) -> (Int, Int)? {
      guard let first = page(index), let count = page(index + 1), count > 0,
        first + count <= FuzzArena.pages
      else { return nil }
      return (first, count)
    }
    func protection(_ index: Int) -> AddressSpaceModel.Protection? { .init(rawValue: word(index)) }
    switch (verb, words.count) {
    case ("map", 5):
      guard let kind = Mapping(rawValue: word(1)), let span = span(2), let rights = protection(4)
      else { return nil }
      self = .map(kind, first: span.0, count: span.1, rights)
    case ("unmap", 3), ("discard", 3):
      guard let span = span(1) else { return nil }
      self =
        verb == "unmap"
        ? .unmap(first: span.0, count: span.1) : .discard(first: span.0, count: span.1)
    case ("protect", 4):
      guard let span = span(1), let rights = protection(3) else { return nil }
      self = .protect(first: span.0, count: span.1, rights)
    case ("move", 4):
      guard let span = span(1), let target = page(3), target + span.1 <= FuzzArena.pages
      else { return nil }
      self = .move(first: span.0, count: span.1, to: target)
    case ("register", 5):
      guard let number = Int(word(1)), let offset = UInt64(word(2)), let length = UInt64(word(3)),
        word(4).hasPrefix("0x"), let bits = UInt32(word(4).dropFirst(2), radix: 16)
      else { return nil }
      self = .register(number, offset: offset, length: length, AccessFlags(rawValue: bits))
    case ("deregister", 2):
      guard let number = Int(word(1)) else { return nil }
      self = .deregister(number)
    case ("limit", 2):
      guard word(1) != "unlimited" else {
        self = .limit(nil)
        return
      }
      guard let bytes = UInt64(word(1)) else { return nil }
      self = .limit(bytes)
    case ("privilege", 2) where ["on", "off"].contains(word(1)): self = .privilege(word(1) == "on")
    case ("fork", 4):
      guard let number = Int(word(1)), let offset = UInt64(word(2)), let length = UInt64(word(3))
      else { return nil }
      self = .fork(deregister: number, offset: offset, length: length)
    default: return nil
    }
  }
}
