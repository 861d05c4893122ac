import Documents

extension TopSample.Process {
  private var headroom: Headroom? { headroomBytes.map { Headroom($0, of: limitBytes) } }

  /// The cells of what is pinned, registered and left.
  var numbers: [String] {
    [
      ByteSize.pinned(pinnedBytes),
      pinnedBytesPerSecond.map { "\(ByteSize.signed($0))/s" } ?? "-",
      ByteSize.text(mrBytes), String(mrs), ByteSize.signed(residualBytes),
      ByteSize.text(lockedBytes), limitText,
      headroomBytes.map { ByteSize.text($0) + (headroom?.isLow == true ? " !" : "") } ?? "-",
    ]
  }

  /// Emphasis on little headroom and on what is pinned below zero.
  var styles: [String: StyledText.Style] {
    var styles: [String: StyledText.Style] = [:]
    if pinnedBytes < 0 { styles["pinned"] = .bad }
    styles["headroom"] = headroom?.style
    return styles
  }

  /// The Slurm job and step as Slurm writes them, else the first digits of the Pod's UID.
  var jobText: String? {
    if let slurmJob {
      return [String(slurmJob), slurmStep].compactMap(\.self).joined(separator: ".")
    }
    return podUid.map { "pod \($0.prefix(8))" }
  }

  var devicesText: String { devices.isEmpty ? "-" : devices.joined(separator: ",") }

  var groupText: String { controlGroup.map { TopGroup.short($0, columns: 32) } ?? "-" }

  private var limitText: String {
    guard let limitBytes else { return "-" }
    return limitBinds ? ByteSize.text(limitBytes) : "(\(ByteSize.text(limitBytes)))"
  }
}
