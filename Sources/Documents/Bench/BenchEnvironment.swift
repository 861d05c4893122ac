/// What decides the figures beside memreg itself; part of every result.
package struct BenchEnvironment: Codable, Equatable, Sendable, FieldValue {
  @Field package var kernel: String
  @Field package var architecture: String
  @Field package var processor: String?
  @Field package var processors: Int
  /// The hypervisor that the processor names; absent on bare metal.
  @Field package var hypervisor: String?
  /// Whether instructions are emulated, so that no time says anything about real hardware.
  @Field package var emulated: Bool
  @Field package var device: String?
  @Field package var driver: String?
  @Field package var rdmaCore: String?
  @Field package var pageBytes: Int
  @Field package var transparentHugePages: String
  /// RLIMIT_MEMLOCK; absent when unlimited.
  @Field package var memlockLimitBytes: UInt64?
  @Field package var memlockLimitBinds: Bool
  @Field package var memreg: String

  /// A part that a document lacks.
  package init() {}

  package init(
    kernel: String,
    architecture: String,
    processor: String?,
    processors: Int,
    hypervisor: String?,
    emulated: Bool,
    device: String?,
    driver: String?,
    rdmaCore: String?,
    pageBytes: Int,
    transparentHugePages: String,
    memlockLimitBytes: UInt64?,
    memlockLimitBinds: Bool,
    memreg: String
  ) {
    (self.kernel, self.architecture, self.processor) = (kernel, architecture, processor)
    (self.processors, self.hypervisor, self.emulated) = (processors, hypervisor, emulated)
    (self.device, self.driver, self.rdmaCore) = (device, driver, rdmaCore)
    (self.pageBytes, self.transparentHugePages) = (pageBytes, transparentHugePages)
    (self.memlockLimitBytes, self.memlockLimitBinds) = (memlockLimitBytes, memlockLimitBinds)
    self.memreg = memreg
  }
}
