//! Holds a region until its device is removed, releases it in time, and goes on.

import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

func holdUntilRemoved(_ device: String) throws {
  // snippet.watch
  let context = try DeviceContext(named: device)
  let watch = try RemovalWatch(of: context) { sign in print("\(device) is being removed") }
  // snippet.end

  // snippet.hold
  let strategy = VerbsStrategy(in: try ProtectionDomain(on: context)).ledgered()
  let buffer = try HostBuffer(.anonymous, length: 1 << 20)
  let registration = try strategy.register(buffer.range, access: [.localWrite])
  print("holding \(try ProcessStatus().pinned) bytes")
  // snippet.end
  fflush(nil)

  // snippet.work
  do throws(RegistrationError) {
    while true {
      try strategy.register(buffer.range, access: [.localWrite]).release()
      usleep(1_000)
    }
  } catch  where error.isDisassociated {
    print("a registration says that the device is gone")
  } catch {
    print("registering failed: \(error)")
  }
  try registration.release()
  print(
    "pinned: \(try ProcessStatus().pinned) bytes, ledger: \(PinLedger.process.chargedPages) pages"
  )
  // snippet.end
  withExtendedLifetime(watch) {}
}

// snippet.hide
try holdUntilRemoved(CommandLine.arguments.dropFirst().first ?? "rxe0")
