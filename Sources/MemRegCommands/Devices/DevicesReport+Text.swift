import Documents

extension DevicesReport {
  /// The report for people: the devices, then the versions that decide about the answers.
  var text: StyledText {
    let versions = [
      "Linux \(kernel)", rdmaCore.map { "rdma-core \($0)" },
      forkSupport == "unneeded" ? "fork copies pinned pages" : "fork support \(forkSupport)",
    ]
    return devices.map { $0.text + "\n" }.joined()
      + StyledText(versions.compactMap(\.self).joined(separator: ", ") + "\n")
  }
}
