import Glibc

/// Variables of this process's environment.
package enum Environment {
  /// The value of `name`; `nil` if it is not set, or empty.
  package static func value(of name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
