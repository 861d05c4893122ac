import Diagnosis
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Netlink
import RegistrationCache
import Testing
import Verbs

@testable import MemRegCommands

@Suite struct `A command failure` {
  private static let range = AddressRange(start: 4096, length: 8192)

  private static func refused(_ code: Errno) -> RegistrationError {
    RegistrationError(.register, .verbs, range, [], call: "ibv_reg_mr_iova2", code: code)
  }

  @Test(
    arguments: [
      (CacheError.system(SystemError("start a thread", code: .EPERM)), 77),
      (CacheError.registration(refused(.EOPNOTSUPP)), 69),
      (CacheError.unmonitored(.unavailable(.ENOSYS)), 69),
      (CacheError.ofForkedParent, 71),
      (MonitorError.unavailable(.EPERM), 77),
      (SystemError("map", code: .EACCES), 77),
      (NetlinkError("list devices", code: .EPERM), 77),
      (VerbsError("ibv_open_device", code: .ENODEV), 69),
      (VerbsError.disassociated("ibv_reg_mr_iova2"), 69),
      (refused(.ENOMEM), 71),
      (refused(.EPERM), 77),
    ] as [(any Error, Int32)]
  )
  func `exits by the errno of every error of the package`(error: any Error, status: Int32) {
    #expect(CommandFailure(known: error)?.status.rawValue == status)
    #expect(CommandFailure(wrapping: error).status.rawValue == status)
  }

  // Nothing on any machine accounts for EPROTO, so that there is evidence of all kinds.
  @Test func `is at most three lines with the remedy last, and has its evidence only if asked`() {
    let error = Self.refused(.EPROTO)
    let explanation = Explainer().explain(error)
    let failure = CommandFailure(error, explained: explanation)
    #expect(failure.message == error.description)
    #expect(failure.details == [explanation?.verdict])
    #expect(failure.remedy == explanation?.remedy)
    #expect(failure.remedy != nil)
    let verbose = CommandFailure(error, explained: explanation, isVerbose: true)
    #expect(verbose.details.count > 1 + failure.details.count)
    #expect(verbose.remedy == failure.remedy)
  }

  @Test func `says what the error behind a cache's error says`() {
    let error = Self.refused(.ENOMEM)
    #expect(CommandFailure(wrapping: CacheError.registration(error)).message == error.description)
  }

  @Test func `is not made of an error of others`() {
    struct Other: Error {}
    #expect(CommandFailure(known: Other())?.message == nil)
    #expect(CommandFailure(wrapping: Other()).status == .refused)
  }
}
