import Documents

extension HoldersReport {
  /// The report for people: a table per device, then what could not be seen.
  var text: String {
    var parts =
      devices.isEmpty
      ? ["nobody holds a device that is gone\n"]
      : devices.map { $0.text(unattributed: maker) }
    if unseenProcesses > 0 {
      parts.append(
        "\(unseenProcesses) processes of other users could not be looked into; run as root\n"
      )
    }
    return parts.joined(separator: "\n")
  }

  // The kernel shows no thread of another namespace, as it shows none that has ended.
  private var maker: String {
    isInChildPidNamespace == true ? "not visible from this pid namespace" : "thread ended"
  }
}

extension HoldersReport.Device {
  fileprivate func text(unattributed maker: String) -> String {
    let heading =
      device.map { "\($0) (\(characterDevice))" }
      ?? (characterDevice == HoldersReport.Device.events
        ? "some device, by its events alone" : "a removed device (\(characterDevice))")
    guard !isFree else { return "\(heading): free\n" }
    var table = TextTable(
      [
        ("pid", .right), ("user", .left), ("name", .left), ("role", .left), ("fds", .right),
        ("maps", .right), ("mapped", .right), ("ctx", .right), ("pd", .right), ("mr", .right),
        ("mr bytes", .right), ("qp", .right), ("cq", .right), ("cm_id", .right),
      ],
      leavingOut: ["cm_id", "cq", "qp", "pd", "ctx", "mapped", "maps"]
    )
    for holder in holders {
      table.append(
        [
          String(holder.pid), holder.user, holder.name, holder.role,
          holder.descriptors.map(String.init) ?? "?", holder.mappings.map(String.init) ?? "?",
          holder.mappedBytes.map { ByteSize.text($0) } ?? "?",
        ] + HoldersReport.cells(holder.objects)
      )
    }
    if !unattributed.isEmpty {
      table.append(
        ["-", "-", "-", maker, "-", "-", "-"] + HoldersReport.cells(unattributed)
      )
    }
    return "\(heading):\n\(table.text)"
  }
}

extension HoldersReport {
  fileprivate static func cells(_ objects: Objects) -> [String] {
    [
      String(objects.contexts), String(objects.pds), String(objects.mrs),
      ByteSize.text(objects.mrBytes), String(objects.qps), String(objects.cqs),
      String(objects.cmIds),
    ]
  }
}
