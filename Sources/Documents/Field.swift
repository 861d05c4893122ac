/// A value that every document of memreg has.
///
/// A document from elsewhere may lack it, or have something else in its place. When such a document is read by
/// `JSONDocument.readForeign`, `value` is then empty and `$value` is `nil`; `JSONDocument.read` refuses it.
@propertyWrapper
package struct Field<Value: FieldValue> {
  /// The value, or `nil` if the document that was read has none.
  package private(set) var projectedValue: Value?

  package var wrappedValue: Value {
    get { projectedValue ?? Value() }
    set { projectedValue = newValue }
  }

  package init(wrappedValue: Value) { projectedValue = wrappedValue }

  package init() {}
}

/// A type with an empty value.
package protocol FieldValue {
  init()
}

extension Bool: FieldValue {}
extension Int: FieldValue {}
extension Int32: FieldValue {}
extension Int64: FieldValue {}
extension UInt32: FieldValue {}
extension UInt64: FieldValue {}
extension String: FieldValue {}
extension Array: FieldValue {}
extension Dictionary: FieldValue {}
extension Optional: FieldValue {
  package init() { self = nil }
}

extension Field: Equatable where Value: Equatable {}
extension Field: Sendable where Value: Sendable {}
