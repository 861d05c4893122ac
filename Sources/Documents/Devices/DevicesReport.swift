/// The RDMA devices of a machine, as `memreg devices` found them.
package struct DevicesReport: Codable, Equatable, Sendable {
  /// A device that exists and could not be looked at.
  package struct Failure: Codable, Equatable, Sendable {
    package var device: String
    package var error: String

    package init(
      device: String,
      error: String
    ) {
      self.device = device
      self.error = error
    }
  }

  package var schema: String
  package var kernel: String
  /// The version of the libibverbs that is loaded; absent if it is linked in.
  package var rdmaCore: String?
  /// How registered memory survives fork: "unneeded" if the kernel copies pinned pages.
  package var forkSupport: String
  package var devices: [DeviceReport]
  package var failures: [Failure]

  package init(
    schema: String = "memreg.devices/1",
    kernel: String,
    rdmaCore: String?,
    forkSupport: String,
    devices: [DeviceReport] = [],
    failures: [Failure] = []
  ) {
    (self.schema, self.kernel, self.rdmaCore) = (schema, kernel, rdmaCore)
    (self.forkSupport, self.devices, self.failures) = (forkSupport, devices, failures)
  }
}
