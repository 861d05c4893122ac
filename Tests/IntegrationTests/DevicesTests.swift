import Foundation
import Glibc
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `memreg devices on rxe` {
  /// One run serves every test here, as starting memreg takes a second under emulation.
  private static let run = Task { try await Memreg.run("devices", "rxe0", "--json") }

  private func rxe() async throws -> [String: Any] {
    let result = try await Self.run.value
    #expect(result.status == 0, "\(result.error)")
    let document = try result.document()
    #expect(document["schema"] as? String == "memreg.devices/1")
    let devices = try #require(document["devices"] as? [[String: Any]])
    return try #require(devices.first)
  }

  private func devinfo() async throws -> DevinfoOutput {
    let result = try await Memreg.shell("ibv_devinfo -v -d rxe0")
    #expect(result.status == 0, "\(result.error)")
    return DevinfoOutput(result.output)
  }

  private func value(_ path: String, in device: [String: Any]) -> Any? {
    path.split(separator: ".")
      .reduce(device as Any?) { value, key in
        Int(key).flatMap { (value as? [Any])?[$0] } ?? (value as? [String: Any])?[String(key)]
      }
  }

  private func number(_ text: some StringProtocol) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  @Test func `agrees with every field of ibv_devinfo`() async throws {
    let device = try await rxe()
    let names = Set(DevinfoFields.accepted.map(\.field) + DevinfoFields.special)
    var compared = 0
    for (field, values) in try await devinfo().fields where !names.contains(field) {
      let known = DevinfoFields.same.first { $0.field == field }
      let (_, path, form) = try #require(
        known,
        "ibv_devinfo's '\(field)' is neither compared nor accepted"
      )
      let ours = try #require(value(path, in: device), "no \(path)")
      expect(ours, form, agreesWith: values, "\(field)")
      compared += 1
    }
    #expect(compared == DevinfoFields.same.count)
  }

  private func expect(
    _ ours: Any,
    _ form: DevinfoFields.Form,
    agreesWith values: [String],
    _ field: Comment
  ) {
    let first = values.first ?? ""
    let word = first.prefix { $0 != " " }
    let code = first.split(separator: "(").last.map { $0.prefix { $0 != ")" } }
    switch form {
    case .text: #expect(ours as? String == first, field)
    case .number: #expect((ours as? NSNumber)?.uint64Value == number(word), field)
    case .code: #expect((ours as? NSNumber)?.uint64Value == code.flatMap { number($0) }, field)
    case .word(let table): #expect(ours as? String == table[String(word)], field)
    case .names(let prefix):
      let theirs = values.filter { !$0.hasPrefix("Unknown") && !$0.hasPrefix("0x") }
        .filter { $0 != "NO SUPPORT" }
        .map { $0.lowercased() }
        .map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
        .map { $0 == "srq" ? "srq_recv" : $0 }
      // Bits that this ibv_devinfo cannot name have names here.
      let newer = ["flush", "atomic_write", "flush_global", "flush_persistent"]
      let list = ours as? [String] ?? []
      #expect(list.filter { !newer.contains($0) } == theirs, field)
    }
  }

  @Test func `agrees with ibv_devinfo on ports, page sizes, ODP and GIDs`() async throws {
    let device = try await rxe()
    let fields = try await devinfo().fields
    func values(_ name: String) -> [[String]] { fields.filter { $0.name == name }.map(\.values) }
    let ports = try #require(device["ports"] as? [[String: Any]])
    #expect(values("phys_port_cnt") == [["\(ports.count)"]])
    let sizes = try #require(device["page_sizes_bytes"] as? [UInt64])
    #expect(values("page_size_cap").first?.first.flatMap { number($0) } == sizes.reduce(0, |))
    let isOnDemand = values("general_odp_caps").first?.contains("ODP_SUPPORT") ?? false
    #expect(value("odp.supported", in: device) as? Bool == isOnDemand)
    let gids = try #require(ports.first?["gids"] as? [[String: Any]])
    let theirs = values("GID").compactMap(\.first).map { $0.split(separator: ",")[0] }
    #expect(gids.compactMap { $0["gid"] as? String } == theirs.map { expanded(String($0)) })
    #expect(gids.allSatisfy { $0["type"] as? String == "roce_v2" })
  }

  /// An IPv6 address in eight full groups.
  private func expanded(_ address: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard unsafe inet_pton(AF_INET6, address, &bytes) == 1 else { return "not an address" }
    return stride(from: 0, to: 16, by: 2)
      .map { String(format: "%02x%02x", bytes[$0], bytes[$0 + 1]) }
      .joined(separator: ":")
  }

  @Test func `names driver, protocol, netdev and the IPv4 address`() async throws {
    let device = try await rxe()
    #expect(device["driver"] as? String == "rxe")
    #expect(device["transport"] as? String == "roce")
    #expect(value("ports.0.netdev", in: device) as? String == "dummy0")
    #expect(value("ports.0.rate_mbps", in: device) as? Int == 2500)
    let gids = try #require(value("ports.0.gids", in: device) as? [[String: Any]])
    let address = try await Memreg.shell("ip -4 -brief address show dummy0").output
    let ours = gids.compactMap { $0["ipv4"] as? String }
    #expect(ours.count == 1)
    #expect(ours.allSatisfy { address.contains($0) })
    #expect(gids.allSatisfy { $0["netdev"] as? String == "dummy0" })
  }

  @Test func `finds out by trying what this kernel's rxe does`() async throws {
    let probes = try #require(try await rxe()["probes"] as? [String: Any])
    func works(_ name: String) -> Bool? {
      (probes[name] as? [String: Any])?["works"] as? Bool
    }
    func errno(_ name: String) -> String? {
      (probes[name] as? [String: Any])?["errno"] as? String
    }
    #expect(works("pinned") == true)
    #expect(works("remote_write") == true)
    #expect(works("mw_type1") == true)
    #expect(works("mw_type2") == true)
    #expect(errno("dmabuf") == "EOPNOTSUPP")
    #expect(errno("rereg_translation") == "EOPNOTSUPP")
    let isLate = RXE.kernel >= (6, 2)
    #expect(works("rereg_access") == isLate)
    #expect(works("rereg_pd") == isLate)
    #expect((probes["rereg_route"] as? String == "kernel") == isLate)
    #expect(works("on_demand") == (RXE.kernel >= (6, 15)))
    if RXE.kernel < (6, 15) {
      #expect(errno("on_demand") == (RXE.kernel < (6, 12) ? "EINVAL" : "EOPNOTSUPP"))
    }
  }

  @Test func `works for a user without privilege`() async throws {
    let result = try await Memreg.shell(
      "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "
        + "\(Memreg.path) devices"
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("rxe0  rxe, roce, uverbs0, node "))
    #expect(result.output.contains("works      pinned, remote write"))
  }

  @Test func `names the devices there are when asked for another`() async throws {
    let result = try await Memreg.run("devices", "-d", "mlx5_0")
    #expect(result.status == 69)
    #expect(result.output == "")
    #expect(result.error.contains("cannot open device mlx5_0: no such RDMA device; there is rxe0"))
  }
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"))
struct `memreg devices without a device` {
  @Test(arguments: [["devices"], ["devices", "--json"], ["devices", "-d", "rxe0"]])
  func `names the ways to one and exits 69`(arguments: [String]) async throws {
    let result = try await Memreg.shell([Memreg.path] + arguments)
    #expect(result.status == 69)
    #expect(result.output == "")
    #expect(result.error.contains("memreg rxe up"))
    #expect(result.error.contains("scripts/rxe-vm"))
    #expect(result.error.split(separator: "\n").count == 1)
  }
}
