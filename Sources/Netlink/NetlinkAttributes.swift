internal import CNetlink

/// The attributes of a message or of a nest: numbers, texts and further nests by type.
struct NetlinkAttributes: Hashable, Sendable {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// An unsigned number of 1, 2, 4 or 8 bytes in host order, whatever width the kernel chose.
  func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: some BinaryInteger,
    as: Value.Type = Value.self
  ) -> Value? {
    guard let payload = first(type), [1, 2, 4, 8].contains(payload.count) else { return nil }
    var value: UInt64 = 0
    for byte in payload.reversed() { value = value << 8 | UInt64(byte) }
    return Value(exactly: value)
  }

  /// A text up to its NUL.
  func text(_ type: some BinaryInteger) -> String? {
    first(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The attributes nested in the first attribute of `type`; none where it is absent.
  func nest(_ type: some BinaryInteger) -> NetlinkAttributes {
    NetlinkAttributes(first(type) ?? [])
  }

  /// The nests of every attribute of `type`, in order.
  func nests(_ type: some BinaryInteger) -> [NetlinkAttributes] {
    payloads(type, limit: .max).map { NetlinkAttributes($0) }
  }

  /// The bytes of the first attribute of `type`.
  func first(_ type: some BinaryInteger) -> [UInt8]? { payloads(type, limit: 1).first }

  private func payloads(_ type: some BinaryInteger, limit: Int) -> [[UInt8]] {
    unsafe bytes.withUnsafeBytes { buffer in
      var found: [[UInt8]] = []
      var remaining = Int32(buffer.count)
      let start = buffer.baseAddress
      var current = unsafe start?.assumingMemoryBound(to: nlattr.self)
      while found.count < limit, let attribute = unsafe current,
        unsafe nla_ok(attribute, remaining) != 0
      {
        if unsafe nla_type(attribute) == Int32(type) {
          let payload = unsafe UnsafeRawBufferPointer(
            start: nla_data(attribute),
            count: Int(nla_len(attribute))
          )
          found.append(unsafe Array(payload))
        }
        unsafe current = unsafe UnsafePointer(nla_next(attribute, &remaining))
      }
      return found
    }
  }
}
