import Fixtures
import HostMemory
import LinuxSystem

extension CheckContext {
  /// Forks a child with a context of its own on the same device, which observes as this one does.
  func fork(_ body: @escaping (CheckContext, Child.Line) throws -> Void) throws(SystemError)
    -> Child
  {
    hasAttempted = true
    let (device, sabotage) = (deviceName, sabotage)
    return try Child { line in
      try body(CheckContext(device: device, seed: 0, isAlone: false, sabotage: sabotage), line)
    }
  }

  /// Forks a child that registers `range`, sends its charge, and waits to be told before it goes on with `body`.
  func fork(
    registering range: AddressRange,
    _ body: @escaping (Region, Child.Line) throws -> Void = { _, _ in }
  ) throws(SystemError) -> Child {
    try fork { own, line in
      let region = try own.register(range)
      try line.send(try own.look().charged)
      _ = try line.receive()
      try body(region, line)
      withExtendedLifetime(region) {}
    }
  }
}
