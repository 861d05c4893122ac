import Documents
import Netlink
import Verbs

extension RxeListReport {
  init(_ links: [RxeLink]) {
    let shown = links.map { link in
      Link(
        device: link.device.name,
        netdev: link.netdev,
        state: link.state.description,
        madeByMemreg: link.record != nil,
        contexts: link.contexts,
        pids: link.pids
      )
    }
    self.init(links: shown)
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
