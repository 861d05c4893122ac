import Benchmarking
import LinuxSystem
import MemoryRegistration
import Verbs

extension ReplayStrategies {
  /// Opens what `kind` asks for; without a wish the device that is there.
  init(_ kind: PinningStrategy?, _ options: DeviceOptions) throws {
    let isWithoutDevice = try kind == nil && DeviceOptions.devices(named: options.device).isEmpty
    guard kind != .ioUring, !isWithoutDevice || options.device != nil else {
      // A registration takes a ring, and a ring a descriptor.
      try OpenFiles.raiseLimit()
      self.init(in: nil)
      return
    }
    let context = try options.open(alternative: DeviceOptions.withoutDevice)
    do {
      self.init(in: try ProtectionDomain(on: context))
    } catch {
      throw CommandFailure(error, on: context.device.name)
    }
  }
}
