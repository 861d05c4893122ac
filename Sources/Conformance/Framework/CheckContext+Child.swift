import Fixtures
import HostMemory
import LinuxSystem

extension CheckContext {
  /// Forks a child with a context of its own on the same device, which observes as this one does.
  func fork(_ body: @escaping (CheckContext, Child.Pipe) throws -> Void) throws(SystemError)
    -> Child
  {
    hasAttempted = true
    let (device, sabotage) = (deviceName, sabotage)
    return try Child { pipe in
      try body(CheckContext(device: device, seed: 0, isAlone: false, sabotage: sabotage), pipe)
    }
  }

  /// Forks a child that registers `range`, sends its charge, and waits to be told before it goes on with `body`.
  func fork(
    registering range: AddressRange,
    _ body: @escaping (Region, Child.Pipe) throws -> Void = { _, _ in }
  ) throws(SystemError) -> Child {
    try fork { own, pipe in
      let region = try own.register(range)
      try pipe.send(try own.look().charged)
      _ = try pipe.receive()
      try body(region, pipe)
      withExtendedLifetime(region) {}
    }
  }
}
