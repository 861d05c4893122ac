extension Field: Encodable where Value: Encodable {
  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension Field: Decodable where Value: Decodable {
  package init(from decoder: any Decoder) throws {
    self.init(wrappedValue: try Value(from: decoder))
  }
}

// What the compiler writes for a struct with fields calls these: they know more of the type than the library's own.
extension KeyedEncodingContainer {
  /// Encodes the value in place of the field: the coder leaves the keys of a dictionary alone if it sees the dictionary.
  package mutating func encode<Value: Encodable>(_ field: Field<Value>, forKey key: Key) throws {
    try encode(field.wrappedValue, forKey: key)
  }

  /// Leaves out the key of a value that is not known.
  package mutating func encode<Value: Encodable>(_ field: Field<Value?>, forKey key: Key) throws {
    try encodeIfPresent(field.wrappedValue, forKey: key)
  }
}

extension KeyedDecodingContainer {
  package func decode<Value: Decodable>(_: Field<Value>.Type, forKey key: Key) throws
    -> Field<Value>
  {
    try field { Field(wrappedValue: try decode(Value.self, forKey: key)) }
  }

  package func decode<Value: Decodable>(_: Field<Value?>.Type, forKey key: Key) throws
    -> Field<Value?>
  {
    try field { Field(wrappedValue: try decodeIfPresent(Value.self, forKey: key)) }
  }

  package func decode<Element: Decodable>(_: Field<[Element]>.Type, forKey key: Key) throws
    -> Field<[Element]>
  {
    try field {
      do {
        return Field(wrappedValue: try decode([Element].self, forKey: key))
      } catch {
        guard try superDecoder().isReadingForeign else { throw error }
        return Field(wrappedValue: try readable(forKey: key))
      }
    }
  }

  private func field<Value>(_ read: () throws -> Field<Value>) throws -> Field<Value> {
    do {
      return try read()
    } catch {
      guard try superDecoder().isReadingForeign else { throw error }
      return Field()
    }
  }

  /// The elements of a list that are what they should be.
  private func readable<Element: Decodable>(forKey key: Key) throws -> [Element] {
    var list = try nestedUnkeyedContainer(forKey: key)
    var elements: [Element] = []
    while !list.isAtEnd {
      if let element = try? list.decode(Element.self) {
        elements.append(element)
      } else {
        _ = try list.decode(Anything.self)
      }
    }
    return elements
  }
}

extension Decoder {
  /// Whether the document may be anyone's, so that what cannot be read counts as absent.
  var isReadingForeign: Bool {
    CodingUserInfoKey.isReadingForeign.map { userInfo[$0] != nil } ?? false
  }
}

extension CodingUserInfoKey {
  static let isReadingForeign = CodingUserInfoKey(rawValue: "isReadingForeign")
}

/// Any value, to go on behind it.
private struct Anything: Decodable {
  init(from decoder: any Decoder) {}
}
