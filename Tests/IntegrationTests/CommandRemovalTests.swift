import Glibc
import HostMemory
import LinuxSystem
import Netlink
import Synchronization
import Testing
import Verbs

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `Commands whose device is removed` {
  /// How one removal went.
  private struct Outcome {
    /// How long `rdma link delete` took with nobody there, and how long with the command.
    let idle: Int
    let held: Int
    let result: Memreg.Result
  }

  /// Starts `command` on a device of its own, removes that when the command has it, and waits for the command.
  private func remove(under command: String, address: String? = nil) async throws -> Outcome {
    let made = try TestDevice("rem_t4", address: address)
    // A check that registers and releases in turn may have no region whenever another process gets the processor.
    let sign = command.hasPrefix("check") ? "pds" : "mrs"
    let result = try await Memreg.shell(
      """
      timed() { s=$(date +%s%N); rdma link delete rem_t4 || exit 3; echo $(($(date +%s%N) - s)); }
      out=$(mktemp)
      timed; rdma link add rem_t4 type rxe netdev rem_t4-dum || exit 4
      \(Memreg.path) \(command) > $out & holder=$!
      until \(Memreg.path) holders rem_t4 --json | grep -q '"\(sign)" *: *[1-9]' || grep -q listening $out
      do kill -0 $holder || exit 9; sleep 0.1; done
      timed
      wait $holder; status=$?; cat $out; rm $out; exit $status
      """
    )
    withExtendedLifetime(made.name) {}
    let times = result.output.split(separator: "\n").prefix(2).compactMap { Int($0) }
    try #require(times.count == 2, "\(result.output) \(result.error)")
    return Outcome(idle: times[0], held: times[1], result: result)
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("register --size 1M --hold -d rem_t4", "released 1 MiB in 1 regions", "1 MiB registered"),
      (
        "bench --strategy verbs --sizes 4K -n 10000000 -d rem_t4", "the result is partial",
        "Interrupted"
      ),
      ("check lifecycle.hundred-thousand -d rem_t4", "the results are partial", "interrupted"),
      ("fuzz --duration 600 -d rem_t4", "the result is partial", ", interrupted"),
      ("fuzz --duration 600 --threads 2 -d rem_t4", "the result is partial", ", interrupted"),
      ("coherence -d rem_t4", "the matrix is partial", "unexplained: none"),
      ("cache --pattern heap --uses 100000 -d rem_t4", "the result is partial", "interrupted"),
      ("serve --listen 198.18.94.1 --port 7805", "listening no more", "listening on 198.18.94.1"),
    ]
  )
  func `release it within a second, keep their result and exit 69`(
    command: String,
    outcome: String,
    kept: String
  ) async throws {
    let pins = try OutstandingPins().pages
    // Up to three times, as this is about waiting and not about how busy the machine is.
    for attempt in 1...3 {
      let end = try await remove(under: command, address: "198.18.94.1/32")
      #expect(end.result.status == 69, "\(end.result.error)")
      #expect(
        end.result.error == "memreg: rem_t4 is being removed: released it; \(outcome)\n"
      )
      #expect(end.result.output.contains(kept), "\(end.result.output)")
      #expect(try OutstandingPins().pages == pins)
      if end.held < end.idle + 1_000_000_000 { return }
      #expect(attempt < 3, "the removal took \(end.held) ns, with nobody there \(end.idle) ns")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `serve and verify release it in the middle of a verification`() async throws {
    let pins = try OutstandingPins().pages
    let made = try TestDevice("rem_t6", address: "198.18.96.1/32")
    let result = try await Memreg.shell(
      """
      out=$(mktemp)
      \(Memreg.path) serve --listen 198.18.96.1 --port 7806 > $out & s=$!
      until grep -q listening $out; do sleep 0.1; done
      \(Memreg.path) verify 198.18.96.1 --port 7806 --size 16M --json > $out.v & v=$!
      until grep -q began $out; do sleep 0.1; done
      rdma link delete rem_t6 || exit 3
      wait $v; echo "verify $?"; wait $s; echo "serve $?"; cat $out; rm $out $out.v
      """
    )
    #expect(result.output.contains("verify 69\nserve 69\n"), "\(result.output) \(result.error)")
    let line = "memreg: rem_t6 is being removed: released it; "
    #expect(result.error.contains("\(line)the result is partial\n"), "\(result.error)")
    #expect(result.error.contains("\(line)listening no more\n"), "\(result.error)")
    #expect(result.output.contains("ended, "), "\(result.output)")
    #expect(try OutstandingPins().pages == pins)
    withExtendedLifetime(made.name) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `serve on every device goes on, and serves the device that comes back`() async throws {
    let made = try TestDevice("rem_t7", address: "198.18.97.1/32")
    let result = try await Memreg.shell(
      """
      out=$(mktemp)
      \(Memreg.path) serve --port 7807 > $out & s=$!
      until grep -q listening $out; do sleep 0.1; done
      for turn in 1 2; do
        \(Memreg.path) verify 198.18.97.1 --port 7807 --size 64K | tail -n 1
        rdma link delete rem_t7 || exit 3
        rdma link add rem_t7 type rxe netdev rem_t7-dum || exit 4
      done
      kill -INT $s; wait $s; echo "serve $?"; rm $out
      """
    )
    let verification = "198.18.97.1 port 7807 over rem_t7, 64 KiB: 33 hold, 0 do not\n"
    #expect(result.output == verification + verification + "serve 130\n", "\(result.error)")
    let line = "memreg: rem_t7 is being removed: released it; listening on\n"
    #expect(result.error == line + line)
    withExtendedLifetime(made.name) {}
  }

  @Test func `a process with connections by address releases them and connects anew`() throws {
    let pinned = try ProcessStatus().pinned
    let failures = ReleaseFailures.count
    for turn in 1...2 {
      let made = try TestDevice("rem_t8", address: "198.18.98.1/32")
      let listener = try Listener(on: try SocketAddress(host: "198.18.98.1", port: 0))
      #expect(listener.deviceName == made.name)
      let peer = try SocketAddress(host: "198.18.98.1", port: listener.port)
      let attempt = try ConnectionAttempt(to: peer, within: .seconds(10))
      let domain = try ProtectionDomain(on: DeviceContext(named: made.name))
      let file = domain.context.device.characterDevice
      func descriptors() throws -> Int {
        try OpenDescriptor.all(ofProcess: getpid())
          .count { VerbsFile(path: $0.target)?.name == file }
      }
      var near = try attempt.request(in: domain)
      let request = try listener.next(within: .seconds(10))
      guard let request else { throw VerbsError("rdma_get_cm_event", code: .ETIMEDOUT) }
      let far = try request.accept(in: domain)
      try near.finish(within: .seconds(10))
      try far.waitUntilEstablished(within: .seconds(10))
      // The one of the domain, and the one that librdmacm has opened.
      #expect(try descriptors() == 2, "turn \(turn)")
      let signs = Mutex(0)
      let watch = try RemovalWatch(of: domain.context) { _ in signs.withLock { $0 += 1 } }

      let netlink = try RDMANetlink()
      try netlink.deleteLink(of: try made.found(by: netlink))
      for _ in 0..<100 where signs.withLock({ $0 == 0 }) { usleep(20_000) }
      #expect(signs.withLock { $0 } == 1)
      #expect(try descriptors() == 0)
      #expect(try DeviceMappings.all().allSatisfy { $0.file.name != file })
      #expect(try ProcessStatus().pinned == pinned)
      #expect(
        error { () throws(VerbsError) in _ = try listener.next(within: .seconds(10)) }?
          .isDisassociated == true
      )
      // The end of the peer may come first.
      let end = error { () throws(VerbsError) in
        while try !near.isDisconnected(within: .seconds(10)) {}
        _ = try near.isDisconnected(within: .seconds(10))
      }
      #expect(end?.isDisassociated == true)
      #expect(
        error { () throws(VerbsError) in _ = try QueuePair(in: domain) }?.isDisassociated == true
      )
      withExtendedLifetime((made.name, watch)) {}
      _ = far.peerData
    }
    #expect(ReleaseFailures.count == failures)
  }
}
