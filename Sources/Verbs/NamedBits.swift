/// A set of bits of a C interface, some of which have names; bits without a name stay visible.
protocol NamedBits: OptionSet where RawValue: FixedWidthInteger {
  /// Each named bit with its name, in bit order.
  static var names: [(bit: Self, name: String)] { get }
}

extension NamedBits where Element == Self {
  /// The names of the bits that are set; the rest in one hexadecimal number.
  var nameList: [String] {
    var list = Self.names.filter { contains($0.bit) }.map(\.name)
    let unknown = Self.names.reduce(rawValue) { $0 & ~$1.bit.rawValue }
    if unknown != 0 { list.append("0x" + String(unknown, radix: 16)) }
    return list
  }
}
