import Churn
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Synchronization
import Testing
import Verbs

/// Reads memory as the device does, for one thread at a time.
private final class DeviceEye: Sendable {
  let domain: ProtectionDomain
  private let loop: Mutex<LoopbackFixture>

  init() throws {
    let fixture = try LoopbackFixture()
    domain = fixture.domain
    loop = Mutex(fixture)
  }

  func look(_ key: UInt32, _ address: UInt64) -> UInt64? {
    loop.withLock { loop in
      let completion = try? loop.read(8, from: RemoteMemory(address: address, rkey: key))
      return completion?.status == .success ? loop.near.word(at: 0) : nil
    }
  }
}

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `The registration cache on a device` {
  @Test(arguments: [true, false])
  func `serves the bytes that the CPU sees, to four threads, by RDMA READ`(
    keepsAddresses: Bool
  ) throws {
    let eye = try DeviceEye()
    let before = try ProcessStatus().pinned
    let cache = try RegistrationCache(
      of: VerbsStrategy(in: eye.domain),
      policy: CachePolicy(
        maximumRegions: 64,
        ordering: keepsAddresses ? .relaxed : .strict
      )
    )
    let churn = Churn(
      threads: 4,
      rounds: 1000,
      keepsAddresses: keepsAddresses,
      access: .remoteRead
    ) { region, address in eye.look(region.rkey, address) }
    let outcome = churn.run(cache)
    try cache.synchronize()
    let statistics = cache.statistics
    try cache.purge()
    #expect(outcome.gets == 4000)
    #expect(outcome.stale == 0)
    #expect(outcome.errors == 0)
    #expect(statistics.hits > 0 && statistics.invalidations > 500)
    #expect(try ProcessStatus().pinned == before)
  }
}
