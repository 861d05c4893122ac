import Foundation
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg register on rxe` {
  @Test(
    arguments: [
      (["--size", "1M"], 256), (["--size", "4096", "--offset", "1"], 2), (["--size", "1"], 1),
      (["--size", "2", "--offset", "4095"], 2), (["--size", "64K", "--count", "10"], 160),
      (["--size", "2M", "--memory", "thp", "--populate"], 512),
      (["--size", "1M", "--memory", "memfd"], 256),
    ] as [([String], Int)]
  )
  func `charges every page that the region touches`(
    arguments: [String],
    pages: Int
  ) async throws {
    let result = try await Memreg.shell([Memreg.path, "register", "--json"] + arguments)
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    #expect(report["schema"] as? String == "memreg.register/1")
    #expect(report["device"] as? String == "rxe0")
    #expect(report["expected_pages"] as? Int == pages)
    #expect(report["charged_bytes"] as? Int == pages * 4096)
    let before = try #require(report["vm_pin_before_bytes"] as? Int)
    #expect(report["vm_pin_after_bytes"] as? Int == before + pages * 4096)
    #expect(report["vm_pin_end_bytes"] as? Int == before)
  }

  @Test func `gives every region keys and both times`() async throws {
    let result = try await Memreg.run("register", "--count", "5", "--json")
    let regions = try #require(try result.document()["regions"] as? [[String: Any]])
    #expect(regions.count == 5)
    let keys = Set(regions.compactMap { $0["lkey"] as? Int })
    #expect(keys.count == 5)
    for region in regions {
      #expect(region["length_bytes"] as? Int == 1_048_576)
      #expect((region["register_ns"] as? Int ?? 0) > 0)
      #expect((region["deregister_ns"] as? Int ?? 0) > 0)
      #expect(region["rkey"] is Int)
      #expect(region["address"] is Int)
    }
  }

  @Test func `above the limit says limit, charge and remedy, and exits 71`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 64; setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) register --size 1M -v"
    )
    #expect(result.status == 71)
    #expect(result.output == "")
    #expect(result.error.contains("Cannot allocate memory (ENOMEM)"))
    #expect(result.error.contains("RLIMIT_MEMLOCK"))
    let lines = result.error.split(separator: "\n")
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") })
    #expect(lines.last?.contains("--memlock=unlimited") == true)
  }

  @Test func `under a zero limit exits 77 with EPERM`() async throws {
    let result = try await Memreg.shell(
      "ulimit -l 0; setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) register --size 4K --verbose"
    )
    #expect(result.status == 77)
    #expect(result.error.contains("(EPERM)"))
  }

  @Test func `of an unknown device names those that exist and exits 69`() async throws {
    let result = try await Memreg.run("register", "-d", "mlx5_7")
    #expect(result.status == 69)
    #expect(result.error.contains("no such RDMA device; there is rxe0"))
  }

  @Test func `of remote-write alone says that local-write is needed`() async throws {
    let result = try await Memreg.run("register", "--access", "remote-write")
    #expect(result.status == 71)
    #expect(result.error.contains("need local-write"))
  }

  @Test func `holds its regions until a signal and then gives them back`() async throws {
    let result = try await Memreg.shell(
      """
      file=$(mktemp)
      \(Memreg.path) register --hold --size 1M --count 2 > $file & pid=$!
      until grep -q limit $file; do kill -0 $pid || exit 9; sleep 0.1; done
      grep VmPin /proc/$pid/status
      kill -INT $pid
      wait $pid
      echo "status $?"
      """
    )
    #expect(result.output.contains("VmPin:\t    2048 kB"), "\(result.error)")
    #expect(result.output.contains("status 130"))
  }

  @Test func `runs for a user without privileges`() async throws {
    let result = try await Memreg.shell(
      "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) register --size 1M --json"
    )
    #expect(result.status == 0, "\(result.error)")
    let report = try result.document()
    #expect(report["limit_binds"] as? Bool == true)
    #expect(report["charged_bytes"] as? Int == 1_048_576)
    let limit = try #require(report["limit_bytes"] as? Int)
    #expect(report["headroom_bytes"] as? Int == limit - 1_048_576)
  }
}
