import Documents
import LinuxSystem
import Report

extension ExplainReport {
  /// The verdict, who set the limit, the evidence, the remedy last. Evidence is left out unless it is asked for, the
  /// memory can be registered, or the cause is unknown.
  func text(isVerbose: Bool) -> StyledText {
    var lines: [StyledText] = []
    if let setBy { lines.append("set by: \(setBy)") }
    if isVerbose || cause == nil || cause == "unknown" {
      lines += (evidence + (memory?.lines ?? [])).map { StyledText($0) }
    }
    if let remedy { lines.append(StyledText(remedy, .strong)) }
    let first = StyledText(verdict: verdict, cause: cause, registrable: registrable)
    return ([first] + lines.map { "  \($0)" }).printableLines
  }
}

extension ExplainReport.Memory {
  fileprivate var lines: [String] {
    var lines = mappings.prefix(4).map { "\($0.label), pages of \(ByteSize.text($0.pageBytes))" }
    if mappings.count > 4 { lines.append("and \(mappings.count - 4) mappings more") }
    if let fileSystem { lines.append("file system: \(fileSystem)") }
    var inMemory = "in memory: \(ByteSize.text(residentBytes))"
    if residentBytes > 0 {
      let share = Double(transparentHugeBytes) / Double(residentBytes) * 100
      inMemory += ", \(FixedPoint.text(share, decimals: 0)) % in transparent huge pages"
    }
    lines.append(inMemory)
    let places = nodeBytes.sorted { $0.key < $1.key }
      .map { "node \($0.key) \(ByteSize.text($0.value))" }
    if !places.isEmpty { lines.append("NUMA: " + places.joined(separator: ", ")) }
    return lines
  }
}
