import Netlink
import Verbs

/// What `memreg rxe list` shows; the JSON document as it stands.
struct RxeListReport: Encodable {
  struct Link: Encodable {
    var device: String
    var netdev: String?
    var state: String
    var madeByMemreg: Bool
    /// How many times user space has the device open.
    var contexts: Int
    /// The processes that opened it, as far as they are visible here.
    var pids: [Int32]
  }

  let schema = "memreg.rxe/1"
  var links: [Link]

  init(_ links: [RxeLink]) {
    self.links = links.map { link in
      Link(
        device: link.device.name,
        netdev: link.netdev,
        state: link.state.description,
        madeByMemreg: link.record != nil,
        contexts: link.contexts,
        pids: link.pids
      )
    }
  }

  var text: String {
    guard !links.isEmpty else { return "no soft-RoCE device\n" }
    var table = TextTable([
      ("device", .left), ("netdev", .left), ("state", .left), ("made by", .left),
      ("contexts", .right), ("pids", .left),
    ])
    for link in links {
      table.append([
        link.device, link.netdev ?? "-", link.state, link.madeByMemreg ? "memreg" : "others",
        String(link.contexts),
        link.pids.isEmpty ? "-" : link.pids.map(String.init).joined(separator: ","),
      ])
    }
    return table.text
  }
}
