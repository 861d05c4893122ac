/// The name of a series of benchmark cases, which differ in size alone.
package enum SeriesName {
  /// "verbs, anonymous, populated", with threads and residents if they are not the usual 1 and 0.
  package static func text(
    strategy: String,
    memory: String,
    pages: String,
    threads: UInt64,
    resident: UInt64
  ) -> String {
    var parts = [strategy, memory, pages]
    if threads != 1 { parts.append("\(threads) threads") }
    if resident != 0 { parts.append("\(resident) resident") }
    return parts.joined(separator: ", ")
  }
}
