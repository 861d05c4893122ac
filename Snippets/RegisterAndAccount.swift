//! Registers a buffer on the RDMA device named as argument, and compares the ledger with the kernel's own account.

import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

func registerAndAccount(on device: String) throws {
  // snippet.register
  let domain = try ProtectionDomain(on: DeviceContext(named: device))
  let strategy = VerbsStrategy(in: domain).ledgered()
  let buffer = try HostBuffer(.anonymous, length: 1 << 20)
  let registered = try RegisteredBuffer(buffer, by: strategy, access: [.localWrite, .remoteRead])
  // snippet.end

  // snippet.account
  print("the ledger expects \(PinLedger.process.chargedPages) pages")
  print("the kernel has charged \(try ProcessStatus().pinned) bytes")
  // snippet.end

  // snippet.release
  let memory = try registered.release()
  print("released \(memory.range.length) bytes, \(try ProcessStatus().pinned) are left")
  // snippet.end
}

func reserveTooMuch() {
  // snippet.refusal
  let ledger = PinLedger { PinBudget(softBytes: 64 << 10) }
  do throws(PinRefusal) {
    _ = try ledger.reserve(17)
  } catch {
    print("asked for \(error.askedPages) pages, \(error.headroomPages) are free")
  }
  // snippet.end
}

// snippet.hide
try registerAndAccount(on: CommandLine.arguments.dropFirst().first ?? "rxe0")
reserveTooMuch()
