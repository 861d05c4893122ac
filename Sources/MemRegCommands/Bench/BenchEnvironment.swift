import ArgumentParser
import HostMemory
import LinuxSystem
import Verbs

/// What decides the figures beside memreg itself; part of every result.
struct BenchEnvironment: Codable, Equatable {
  var kernel: String
  var architecture: String
  var processor: String?
  var processors: Int
  /// The hypervisor that the processor names; absent on bare metal.
  var hypervisor: String?
  /// Whether instructions are emulated, so that no time says anything about real hardware.
  var emulated: Bool
  var device: String?
  var driver: String?
  var rdmaCore: String?
  var pageBytes: Int
  var transparentHugePages: String
  /// RLIMIT_MEMLOCK; absent when unlimited.
  var memlockLimitBytes: UInt64?
  var memlockLimitBinds: Bool
  var memreg: String

  /// Reads this machine's.
  init(device: Device?) throws {
    kernel = Machine.kernelRelease
    architecture = Machine.architecture
    processor = Machine.processor
    processors = Machine.processors
    hypervisor = Machine.hypervisor
    emulated = Machine.isEmulated
    self.device = device?.name
    driver = device?.driver
    rdmaCore = device == nil ? nil : VerbsLibrary.version
    pageBytes = BasePage.size
    transparentHugePages = Machine.transparentHugePages
    memlockLimitBytes = try Memlock().soft
    memlockLimitBinds = try !Capability.ipcLock.isGranted
    memreg = MemRegCommand.configuration.version
  }
}

extension BenchEnvironment {
  /// Two or three lines for people.
  var text: String {
    var machine = "\(processor ?? architecture), \(processors) CPU\(processors == 1 ? "" : "s")"
    if let hypervisor { machine += ", under \(hypervisor)" }
    if emulated { machine += " (emulated: ratios hold, times do not)" }
    let limit = memlockLimitBytes.map { ByteSize.text($0) } ?? "unlimited"
    var lines = [
      "kernel \(kernel), \(machine)",
      "page \(ByteSize.text(UInt64(pageBytes))), transparent huge pages \(transparentHugePages), "
        + "memlock limit \(limit)\(memlockLimitBinds ? "" : " (lifted by CAP_IPC_LOCK)")",
    ]
    if let device {
      let library = rdmaCore.map { ", rdma-core \($0)" } ?? ""
      lines.insert("device \(device), driver \(driver ?? "unknown")\(library)", at: 0)
    }
    return lines.printableLines
  }
}
