/// What decides the figures beside memreg itself; part of every result.
package struct BenchEnvironment: Codable, Equatable {
  package var kernel: String
  package var architecture: String
  package var processor: String?
  package var processors: Int
  /// The hypervisor that the processor names; absent on bare metal.
  package var hypervisor: String?
  /// Whether instructions are emulated, so that no time says anything about real hardware.
  package var emulated: Bool
  package var device: String?
  package var driver: String?
  package var rdmaCore: String?
  package var pageBytes: Int
  package var transparentHugePages: String
  /// RLIMIT_MEMLOCK; absent when unlimited.
  package var memlockLimitBytes: UInt64?
  package var memlockLimitBinds: Bool
  package var memreg: String

  package init(
    kernel: String,
    architecture: String,
    processor: String? = nil,
    processors: Int,
    hypervisor: String? = nil,
    emulated: Bool,
    device: String? = nil,
    driver: String? = nil,
    rdmaCore: String? = nil,
    pageBytes: Int,
    transparentHugePages: String,
    memlockLimitBytes: UInt64? = nil,
    memlockLimitBinds: Bool,
    memreg: String
  ) {
    self.kernel = kernel
    self.architecture = architecture
    self.processor = processor
    self.processors = processors
    self.hypervisor = hypervisor
    self.emulated = emulated
    self.device = device
    self.driver = driver
    self.rdmaCore = rdmaCore
    self.pageBytes = pageBytes
    self.transparentHugePages = transparentHugePages
    self.memlockLimitBytes = memlockLimitBytes
    self.memlockLimitBinds = memlockLimitBinds
    self.memreg = memreg
  }
}
