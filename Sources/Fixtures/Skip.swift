/// Why a check cannot run here.
package struct Skip: Error {
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}
