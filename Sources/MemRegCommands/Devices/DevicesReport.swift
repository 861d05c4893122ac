/// What `memreg devices` found out; the JSON document as it stands.
struct DevicesReport: Encodable {
  let schema = "memreg.devices/1"
  var kernel: String
  /// The version of the libibverbs that is loaded; `nil` where it is linked in.
  var rdmaCore: String?
  /// How registered memory survives fork: "unneeded" where the kernel copies pinned pages.
  var forkSupport: String
  var devices: [DeviceReport] = []
  var failures: [Failure] = []

  /// A device that exists and could not be looked at.
  struct Failure: Encodable {
    var device: String
    var error: String
  }
}

extension DevicesReport {
  /// The report for people: the devices, then the versions that decide about the answers.
  var text: String {
    let versions = [
      "Linux \(kernel)", rdmaCore.map { "rdma-core \($0)" },
      forkSupport == "unneeded" ? "fork copies pinned pages" : "fork support \(forkSupport)",
    ]
    return devices.map { $0.text + "\n" }.joined()
      + versions.compactMap(\.self).joined(separator: ", ") + "\n"
  }
}
