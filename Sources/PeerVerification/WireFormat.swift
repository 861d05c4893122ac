/// What messages of a verification between two hosts have in common.
enum WireFormat {
  /// "MREG".
  static let magic: UInt32 = 0x4D52_4547
}

/// Why bytes of a peer are no message.
package enum WireError: Error, Equatable {
  case length(Int)
  /// More bytes than any message has.
  case overlong
  case magic(UInt32)
  case version(UInt16)
  case kind(UInt16)
  /// Bytes that must be zero are not.
  case reserved
  /// A range is empty, larger than allowed, or runs over the end of the address space.
  case range(address: UInt64, length: UInt64)
  /// A message that is not the next one.
  case sequence(UInt32)
  /// Access that this protocol does not hand out.
  case access(UInt32)
}

extension WireError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .length(let count): "a message of \(count) bytes"
    case .overlong: "a message longer than \(VerificationMessage.length) bytes"
    case .magic(let magic): "a message that begins with 0x\(String(magic, radix: 16))"
    case .version(let version): "version \(version) of the protocol"
    case .kind(let kind): "a message of the unknown kind \(kind)"
    case .reserved: "a message whose reserved bytes are not zero"
    case .range(let address, let length):
      "a range of \(length) bytes at 0x\(String(address, radix: 16))"
    case .sequence(let number): "message \(number), which is not the next one"
    case .access(let bits): "access 0x\(String(bits, radix: 16))"
    }
  }
}

/// Puts numbers one behind the other, the highest byte first.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

/// Takes numbers one behind the other; zero behind the end, which callers rule out by the length.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func take<Value: FixedWidthInteger & UnsignedInteger>() -> Value {
    var value: Value = 0
    for _ in 0..<Value.bitWidth / 8 { value = value << 8 | Value(rest.popFirst() ?? 0) }
    return value
  }

  var isZeroToTheEnd: Bool { rest.allSatisfy { $0 == 0 } }
}

extension WireWriter {
  /// Puts the magic number, the version and the number of a kind, with which everything begins.
  mutating func putHeader(_ kind: some RawRepresentable<UInt16>) {
    put(WireFormat.magic)
    put(VerificationGreeting.version)
    put(kind.rawValue)
  }
}

extension WireReader {
  /// Takes what `putHeader` puts.
  mutating func takeHeader<Kind: RawRepresentable<UInt16>>() throws(WireError) -> Kind {
    let magic: UInt32 = take()
    guard magic == WireFormat.magic else { throw .magic(magic) }
    let version: UInt16 = take()
    guard version == VerificationGreeting.version else { throw .version(version) }
    let number: UInt16 = take()
    guard let kind = Kind(rawValue: number) else { throw .kind(number) }
    return kind
  }
}
