import MemoryRegistration

func register(on device: String) throws {
  let domain = try ProtectionDomain(on: DeviceContext(named: device))
  let strategy = VerbsStrategy(in: domain).ledgered()
  let buffer = try HostBuffer(.anonymous, length: 1 << 20)
  let registered = try RegisteredBuffer(buffer, by: strategy, access: [.localWrite, .remoteRead])
  print("rkey \(registered.registration.rkey ?? 0), \(try ProcessStatus().pinned) bytes pinned")
  let memory = try registered.release()
  print("released \(memory.range.length) bytes")
}

try register(on: "rxe0")
