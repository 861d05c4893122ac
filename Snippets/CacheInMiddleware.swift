//! Serves the registrations of a messaging library from a cache that notices when the application frees its memory.

import HostMemory
import LinuxSystem
import MemoryRegistration
import RegistrationCache
import Verbs

// snippet.middleware
/// What a library sends through: it registers what it is given, and leaves it registered.
struct Endpoint {
  private let cache: RegistrationCache

  init(on device: String) throws {
    let domain = try ProtectionDomain(on: DeviceContext(named: device))
    cache = try RegistrationCache(
      of: VerbsStrategy(in: domain).ledgered(),
      policy: CachePolicy(maximumBytes: 1 << 30)
    )
  }

  func send(_ bytes: AddressRange) throws -> UInt32 {
    let region = try cache.get(bytes, access: [.localWrite])
    let key = region.lkey
    // Here a work request names the key; the region is given back when it has completed.
    region.put()
    return key
  }
  // snippet.end

  // snippet.hide
  var statistics: CacheStatistics { cache.statistics }
  func synchronize() throws { try cache.synchronize() }
  // snippet.show
}

func exchange(on device: String) throws {
  // snippet.use
  let endpoint = try Endpoint(on: device)
  do {
    let buffer = try HostBuffer(.anonymous, length: 1 << 16)
    let first = try endpoint.send(buffer.range)
    let second = try endpoint.send(buffer.range)
    print("the second message took the first one's region: \(first == second)")
  }
  // The application has unmapped the buffer, and told nobody.
  try endpoint.synchronize()
  // snippet.end
  let statistics = endpoint.statistics
  print("hits \(statistics.hits), misses \(statistics.misses)")
  print("pinned after munmap: \(try ProcessStatus().pinned) bytes")
}

// snippet.hide
try exchange(on: CommandLine.arguments.dropFirst().first ?? "rxe0")
