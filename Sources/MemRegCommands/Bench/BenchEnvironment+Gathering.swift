import ArgumentParser
import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import Verbs

extension BenchEnvironment {
  /// Reads this machine's.
  init(device: Device?) throws {
    let kernel = Machine.kernelRelease
    let architecture = Machine.architecture
    let processor = Machine.processor
    let processors = Machine.processors
    let hypervisor = Machine.hypervisor
    let emulated = Machine.isEmulated
    let name = device?.name
    let driver = device?.driver
    let rdmaCore = device == nil ? nil : VerbsLibrary.version
    let pageBytes = BasePage.size
    let transparentHugePages = Machine.transparentHugePages
    let memlockLimitBytes = try Memlock().soft
    let memlockLimitBinds = try DeviceTraits.limitBinds(on: name)
    let memreg = MemRegCommand.configuration.version
    self.init(
      kernel: kernel,
      architecture: architecture,
      processor: processor,
      processors: processors,
      hypervisor: hypervisor,
      emulated: emulated,
      device: name,
      driver: driver,
      rdmaCore: rdmaCore,
      pageBytes: pageBytes,
      transparentHugePages: transparentHugePages,
      memlockLimitBytes: memlockLimitBytes,
      memlockLimitBinds: memlockLimitBinds,
      memreg: memreg
    )
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
