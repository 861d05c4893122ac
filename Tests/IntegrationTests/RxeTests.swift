import Foundation
import Glibc
import Netlink
import Testing
import Verbs

@testable import MemRegCommands

/// The one suite that makes and removes devices; its tests take turns because they share names.
@Suite(.serialized, .enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg rxe` {
  private func link(_ name: String) throws -> RxeLink? {
    try RxeLink.all().first { $0.device.name == name }
  }

  @Test func `up makes a device with an IPv4 GID on a dummy interface, down removes both`()
    async throws
  {
    let up = try await Memreg.run("rxe", "up", "--name", "rxe_t1")
    #expect(up.status == 0, "\(up.error)")
    let made = try #require(try link("rxe_t1"))
    #expect(made.record != nil)
    #expect(made.state == .active)
    let netdev = try #require(made.netdev)
    #expect(netdev.hasPrefix("memreg"))
    let interface = try await Memreg.shell("ip -d link show \(netdev)")
    #expect(interface.output.contains("alias memreg: rxe_t1"), "\(interface.output)")
    let devices = try await Memreg.run("devices", "rxe_t1")
    #expect(devices.output.contains("  198.18."), "\(devices.output)")
    let register = try await Memreg.run("register", "-d", "rxe_t1", "--size", "1M", "--json")
    #expect(try register.document()["charged_bytes"] as? Int == 1_048_576)
    let down = try await Memreg.run("rxe", "down", "rxe_t1")
    #expect(down.status == 0, "\(down.error)")
    #expect(down.output == "removed rxe_t1 and \(netdev)\n")
    #expect(try link("rxe_t1") == nil)
    #expect(try await Memreg.shell("ip link show \(netdev)").status != 0)
    #expect(try await Memreg.shell("ls /run/memreg").output == "")
  }

  @Test func `up and down may be repeated`() async throws {
    for _ in 0..<2 {
      let up = try await Memreg.run("rxe", "up", "--name", "rxe_t1")
      #expect(up.status == 0, "\(up.error)")
    }
    #expect(try RxeLink.all().filter { $0.record != nil }.count == 1)
    let again = try await Memreg.run("rxe", "up", "--name", "rxe_t1")
    #expect(again.output.hasSuffix("already\n"))
    #expect(try await Memreg.run("rxe", "down").output.hasPrefix("removed rxe_t1 and memreg"))
    let nothing = try await Memreg.run("rxe", "down")
    #expect(nothing.status == 0)
    #expect(nothing.output == "no soft-RoCE device that memreg made\n")
  }

  @Test func `up sits on a given interface, and down leaves that alone`() async throws {
    let up = try await Memreg.run("rxe", "up", "--name", "rxe_t2", "--netdev", "lo")
    #expect(up.status == 0, "\(up.error)")
    #expect(up.output == "rxe_t2 is up on lo\n")
    let elsewhere = try await Memreg.run("rxe", "up", "--name", "rxe_t2", "--netdev", "dummy0")
    #expect(elsewhere.status == 71)
    #expect(elsewhere.error.contains("it is up on lo"))
    #expect(try await Memreg.run("rxe", "down", "rxe_t2").output == "removed rxe_t2\n")
    #expect(try await Memreg.shell("ip link show lo").status == 0)
  }

  @Test func `down refuses what memreg did not make`() async throws {
    let result = try await Memreg.run("rxe", "down", "rxe0")
    #expect(result.status == 71)
    #expect(result.error.contains("memreg did not make it"))
    #expect(try await Memreg.run("rxe", "down").status == 0)
    #expect(try link("rxe0") != nil)
    let up = try await Memreg.run("rxe", "up")
    #expect(up.status == 71)
    #expect(up.error.contains("memreg did not make"))
  }

  @Test func `list shows links of memreg and of others in JSON`() async throws {
    #expect(try await Memreg.run("rxe", "up", "--name", "rxe_t6").status == 0)
    let result = try await Memreg.run("rxe", "list", "--json")
    #expect(try await Memreg.run("rxe", "down", "rxe_t6").status == 0)
    let document = try result.document()
    #expect(document["schema"] as? String == "memreg.rxe/1")
    let links = try #require(document["links"] as? [[String: Any]])
    func link(_ name: String) -> [String: Any]? { links.first { $0["device"] as? String == name } }
    #expect(link("rxe_t6")?["made_by_memreg"] as? Bool == true)
    #expect(link("rxe_t6")?["contexts"] as? Int == 0)
    #expect(link("rxe0")?["made_by_memreg"] as? Bool == false)
    #expect(link("rxe0")?["netdev"] as? String == "dummy0")
    #expect(link("rxe0")?["state"] as? String == "active")
  }

  @Test func `down does not take a namesake for its own`() async throws {
    #expect(try await Memreg.run("rxe", "up", "--name", "rxe_t3", "--netdev", "lo").status == 0)
    let other = try await Memreg.shell(
      "rdma link delete rxe_t3 && rdma link add rxe_t3 type rxe netdev lo"
    )
    #expect(other.status == 0, "\(other.error)")
    let namesake = try #require(try link("rxe_t3"))
    #expect(namesake.record == nil)
    #expect(try await Memreg.run("rxe", "down", "rxe_t3").status == 71)
    #expect(try await Memreg.shell("rdma link delete rxe_t3").status == 0)
    #expect(try await Memreg.shell("rm /run/memreg/rxe_t3.rxe").status == 0)
  }

  @Test func `down refuses a device in use, naming the process`() async throws {
    #expect(try await Memreg.run("rxe", "up", "--name", "rxe_t1").status == 0)
    let result = try await Memreg.shell(
      """
      \(Memreg.path) register -d rxe_t1 --hold > /dev/null & holder=$!
      for i in $(seq 100); do rdma resource show rxe_t1 | grep -q 'mr 1' && break; sleep 0.1; done
      \(Memreg.path) rxe down; status=$?
      \(Memreg.path) rxe list
      kill $holder; wait $holder
      echo "holder $holder"
      exit $status
      """
    )
    let holder = try #require(result.output.split(separator: " ").last).dropLast()
    #expect(result.status == 71)
    #expect(result.error.contains("in use by \(holder) (memreg)"), "\(result.error)")
    #expect(result.output.contains("  \(holder)\n"), "\(result.output)")
    #expect(try await Memreg.run("rxe", "down").output.hasPrefix("removed rxe_t1"))
  }

  @Test(
    arguments: [
      (["up", "--name", "rxe_t4", "--netdev", "nope"], 69, "No such device (ENODEV)"),
      (["up", "--name", "rxe_t4", "--netdev", "dummy0"], 71, "File exists (EEXIST)"),
      (["up", "--name", "../etc"], 64, "is no device name"),
      (["up", "--name", ""], 64, "is no device name"),
      (["down", "rxe_t9"], 69, "no such soft-RoCE device"),
    ] as [([String], Int32, String)]
  )
  func `refuses in one line and leaves nothing`(
    arguments: [String],
    status: Int32,
    text: String
  ) async throws {
    let here = "ip -brief link; rdma link"
    let before = try await Memreg.shell("(\(here)) | grep -E 'memreg|rxe_t'").output
    let result = try await Memreg.shell(
      "\(Memreg.path) rxe " + arguments.map { "'\($0)'" }.joined(separator: " ")
    )
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
    #expect(try await Memreg.shell("(\(here)) | grep -E 'memreg|rxe_t'").output == before)
  }

  @Test func `says CAP_NET_ADMIN is lacking, and exits 77`() async throws {
    let user = "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
    let up = try await Memreg.shell(user + "\(Memreg.path) rxe up --name rxe_t5")
    #expect(up.status == 77)
    #expect(up.error.contains("CAP_NET_ADMIN"))
    #expect(try await Memreg.run("rxe", "up", "--name", "rxe_t1").status == 0)
    let down = try await Memreg.shell(user + "\(Memreg.path) rxe down")
    #expect(down.status == 77)
    let list = try await Memreg.shell(user + "\(Memreg.path) rxe list")
    #expect(list.status == 0)
    #expect(list.output.contains("rxe_t1"))
    #expect(try await Memreg.run("rxe", "down", "rxe_t1").status == 0)
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `memreg rxe without kernel support` {
  @Test func `up names the microVM and exits 69`() async throws {
    try #require(unsafe access("/sys/module/rdma_rxe", F_OK) != 0)
    let result = try await Memreg.run("rxe", "up")
    #expect(result.status == 69)
    #expect(result.error.contains("rdma_rxe"))
    #expect(result.error.contains("scripts/rxe-vm"))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test func `list and down find nothing`() async throws {
    #expect(try await Memreg.run("rxe", "list").output == "no soft-RoCE device\n")
    let list = try await Memreg.run("rxe", "list", "--json").document()
    #expect((list["links"] as? [Any])?.isEmpty == true)
    let down = try await Memreg.run("rxe", "down")
    #expect(down.status == 0)
    #expect(down.output == "no soft-RoCE device that memreg made\n")
  }
}
