/// Arithmetic on numbers of texts, which may be any: what does not fit is the largest number.
extension UInt64 {
  package func adding(clamped other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  package func multiplied(clamped factor: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
