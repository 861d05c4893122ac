/// Attributes as the kernel lays them out: length and type in 16 bits each, the payload filled up to 4 bytes.
enum AttributeBytes {
  static func attribute(_ type: UInt32, _ payload: [UInt8]) -> [UInt8] {
    let length = UInt16(4 + payload.count)
    let padding = [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    return bytes(length) + bytes(UInt16(type)) + payload + padding
  }

  static func text(_ type: UInt32, _ text: String) -> [UInt8] {
    attribute(type, Array(text.utf8) + [0])
  }

  static func number(_ type: UInt32, _ value: some FixedWidthInteger) -> [UInt8] {
    attribute(type, bytes(value))
  }

  /// A whole message of netlink: the header of 16 bytes, then the payload.
  static func message(type: UInt16, sequence: UInt32, _ payload: [UInt8]) -> [UInt8] {
    bytes(UInt32(16 + payload.count)) + bytes(type) + bytes(UInt16(0)) + bytes(sequence)
      + bytes(UInt32(0)) + payload
  }

  static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<MemoryLayout<Value>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
