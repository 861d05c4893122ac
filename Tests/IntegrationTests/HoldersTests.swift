import Foundation
import HostMemory
import Netlink
import Testing

@Suite(.serialized, .enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg holders on rxe` {
  /// Starts a holder of the device for each role, waits until all hold, runs `script`, and ends them.
  ///
  /// In the script, `$opener` and so on are the ids of the holders, `$zoo` keeps them until it is killed.
  private func zoo(_ roles: [String], on device: String, _ script: String) async throws
    -> Memreg.Result
  {
    let start = roles.map { role in
      let user =
        role == "other" ? "setpriv --reuid 65534 --clear-groups --bounding-set=-all " : ""
      let kind = role == "other" ? "opener" : role
      return """
        \(user).build/debug/HolderZoo \(kind) \(device) < $dir/end > $dir/\(role) &
        until test -s $dir/\(role); do sleep 0.05; done
        \(role)=$(cat $dir/\(role))
        """
    }
    return try await Memreg.shell(
      """
      dir=$(mktemp -d); mkfifo $dir/end; sleep 300 > $dir/end & zoo=$!
      trap 'kill $zoo 2> /dev/null; wait; rm -r $dir' EXIT
      \(start.joined(separator: "\n"))
      \(script)
      """
    )
  }

  private struct Holders: Decodable {
    struct Device: Decodable {
      var device: String?
      var characterDevice: String
      var present: Bool
      var holders: [Holder]
      var unattributed: Objects
    }
    struct Holder: Decodable {
      var pid: Int32
      var name: String
      var user: String
      var role: String
      var descriptors: Int?
      var mappings: Int?
      var mappedBytes: UInt64?
      var objects: Objects
    }
    struct Objects: Decodable, Equatable {
      var contexts = 0
      var pds = 0
      var mrs = 0
      var mrBytes: UInt64 = 0
      var qps = 0
      var cqs = 0
      var cmIds = 0
    }
    var schema: String
    var devices: [Device]
    var unseenProcesses: Int

    static let one = Objects(contexts: 1, pds: 1, mrs: 1, mrBytes: 16384, qps: 1, cqs: 1)

    init(_ text: some StringProtocol) throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      self = try decoder.decode(Holders.self, from: Data(text.utf8))
    }
  }

  @Test func `names every way to hold a device, and who is none`() async throws {
    let made = try TestDevice("hold_t1")
    let roles = ["opener", "thread", "forked", "passed", "mapping", "event", "other"]
    let result = try await zoo(
      roles,
      on: made.name,
      "echo \(roles.map { "$\($0)" }.joined(separator: " ")); "
        + "\(Memreg.path) holders \(made.name) --json; echo ---; "
        + "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) holders \(made.name) --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let lines = try #require(result.output.firstIndex(of: "\n"))
    let ids = result.output[..<lines].split(separator: " ").compactMap { Int32($0) }
    let pids = Dictionary(uniqueKeysWithValues: zip(roles, ids))
    let documents = result.output[lines...].split(separator: "---")
    let seen = try Holders(documents[0])
    #expect(seen.schema == "memreg.holders/1")
    let device = try #require(seen.devices.first)
    #expect(seen.devices.count == 2)
    let unknown = try #require(seen.devices.last)
    #expect(unknown.device == nil)
    // The shell that became of the holder, and the cat that it runs.
    #expect(unknown.holders.count == 2)
    #expect(unknown.holders.contains { $0.pid == pids["event"] })
    #expect(unknown.holders.allSatisfy { $0.role == "events" && $0.descriptors == 1 })
    #expect(device.device == made.name)
    #expect(device.present)
    func holder(_ role: String) -> Holders.Holder? {
      device.holders.first { $0.pid == pids[role] }
    }
    #expect(Set(device.holders.map(\.pid)) == Set(roles.filter { $0 != "event" }.map { pids[$0] }))
    #expect(device.holders.allSatisfy { $0.name == "HolderZoo" })
    #expect(holder("opener")?.role == "opener")
    #expect(holder("opener")?.descriptors == 1)
    #expect(holder("opener")?.mappings == 3)
    #expect(holder("opener")?.user == "root")
    #expect(holder("opener")?.objects == Holders.one)
    #expect(holder("other")?.role == "opener")
    #expect(holder("other")?.user == "nobody")
    #expect(holder("other")?.objects == Holders.one)
    #expect(holder("mapping")?.descriptors == 0)
    #expect(holder("mapping")?.mappings == 3)
    #expect(holder("mapping")?.objects == Holders.one)
    for (role, mappings) in [("thread", 3), ("forked", 3), ("passed", 0)] {
      #expect(holder(role)?.role == "inherited", "\(role)")
      #expect(holder(role)?.descriptors == 1, "\(role)")
      #expect(holder(role)?.mappings == mappings, "\(role)")
      #expect(holder(role)?.objects == Holders.Objects(), "\(role)")
    }
    // The makers of these three have ended: a thread, a parent, a sender.
    #expect(device.unattributed.contexts == 3)
    #expect(device.unattributed.mrBytes == 3 * 16384)

    let limited = try Holders(documents[1])
    #expect(limited.unseenProcesses > 0)
    let blind = try #require(limited.devices.first)
    #expect(blind.unattributed == device.unattributed)
    let opener = blind.holders.first { $0.pid == pids["opener"] }
    #expect(opener?.role == "opener")
    #expect(opener?.objects == Holders.one)
    #expect(opener?.descriptors == .some(nil) || opener?.descriptors == nil)
    withExtendedLifetime(made.name) {}
  }

  @Test func `finds a device free before and after`() async throws {
    let made = try TestDevice("hold_t2")
    let result = try await zoo(
      ["opener"],
      on: made.name,
      "kill $zoo; \(Memreg.path) holders \(made.name) --wait"
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("hold_t2 (uverbs"))
    #expect(result.output.hasSuffix("): free\n"))
    withExtendedLifetime(made.name) {}
  }

  @Test func `ends a wait on a signal with 130 and says who still holds`() async throws {
    let made = try TestDevice("hold_t3")
    let result = try await zoo(
      ["opener"],
      on: made.name,
      """
      echo $opener
      \(Memreg.path) holders --wait \(made.name) & waiter=$!
      # The caught signals of a process, by their bits: SIGINT is the second.
      until grep -q '^SigCgt:.*[2367abef]$' /proc/$waiter/status; do sleep 0.05; done
      kill -INT $waiter; wait $waiter
      """
    )
    #expect(result.status == 130, "\(result.error)")
    let opener = try #require(result.output.split(separator: "\n").first)
    #expect(result.output.contains("\n\(opener)  root  HolderZoo  opener"), "\(result.output)")
    withExtendedLifetime(made.name) {}
  }

  @Test func `shows who is waited for when a device is being removed`() async throws {
    let made = try TestDevice("hold_t4")
    let result = try await zoo(
      ["opener", "mapping"],
      on: made.name,
      """
      echo $opener $mapping
      rdma link delete \(made.name) & removal=$!
      while rdma link | grep -q \(made.name); do sleep 0.05; done
      \(Memreg.path) holders \(made.name) --json
      echo ---
      kill $zoo
      \(Memreg.path) holders \(made.name) --wait; echo "waited $?"
      wait $removal; echo "removed $?"
      """
    )
    let lines = try #require(result.output.firstIndex(of: "\n"))
    let ids = result.output[..<lines].split(separator: " ").compactMap { Int32($0) }
    let parts = result.output[lines...].split(separator: "---")
    let devices = try Holders(parts[0]).devices
      .filter { device in
        device.holders.contains { ids.contains($0.pid) }
      }
    let device = try #require(devices.first)
    #expect(!device.present)
    #expect(device.device == nil)
    #expect(device.holders.map(\.pid) == ids.sorted())
    #expect(device.holders.first { $0.pid == ids[0] }?.role == "descriptor")
    #expect(device.holders.first { $0.pid == ids[1] }?.role == "mapping")
    #expect(result.output.contains("waited 0\n"), "\(result.output)")
    #expect(result.output.contains("removed 0\n"), "\(result.output)")
    withExtendedLifetime(made.name) {}
  }

  @Test func `names the devices there are when asked for another`() async throws {
    let result = try await Memreg.run("holders", "mlx5_0")
    #expect(result.status == 69)
    #expect(result.error.contains("cannot look at mlx5_0: no such RDMA device; there is rxe0"))
    #expect(result.output == "")
  }

  @Test func `sees the parts of a mapping that was split, with their protection and flags`()
    async throws
  {
    let made = try TestDevice("hold_t5")
    let result = try await zoo(
      ["opener", "split"],
      on: made.name,
      """
      echo $opener $split; cat /proc/$opener/smaps; echo ---; cat /proc/$split/smaps
      """
    )
    let lines = try #require(result.output.firstIndex(of: "\n"))
    let parts = result.output[lines...].split(separator: "---\n")
    func mappings(_ text: Substring) -> [DeviceMapping] {
      VirtualMemoryArea.parse(String(text)).compactMap { DeviceMapping($0) }
    }
    let whole = mappings(parts[0])
    let split = mappings(parts[1])
    func bytes(_ mappings: [DeviceMapping]) -> UInt64 {
      mappings.reduce(0) { $0 + $1.area.range.length }
    }
    #expect(whole.count == 3)
    #expect(split.count == 4)
    #expect(bytes(split) == bytes(whole) - 4096)
    let readOnly = split.filter { !$0.area.isWritable }
    #expect(readOnly.map(\.area.range.length) == [4096])
    #expect(split.allSatisfy { $0.area.isShared && $0.area.has(.dontDump) })
    #expect(Set(split.map(\.file.name)).count == 1)
    #expect(split.allSatisfy { !$0.file.isDeviceGone })
    // The offsets tell the queues apart, and a part keeps the offset of its place in the queue.
    let first = try #require(readOnly.first)
    #expect(split.contains { $0.area.offset == first.area.offset + 8192 })
    withExtendedLifetime(made.name) {}
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `memreg holders without a device` {
  @Test func `names the ways to one and exits 69`() async throws {
    let result = try await Memreg.run("holders")
    #expect(result.status == 69)
    #expect(result.error.contains("memreg rxe up"))
    #expect(result.error.split(separator: "\n").count == 1)
  }
}
