/// The soft-RoCE devices, as `memreg rxe list` shows them.
package struct RxeListReport: Codable, Equatable, Sendable {
  /// One device on its network interface.
  package struct Link: Codable, Equatable, Sendable {
    package var device: String
    package var netdev: String?
    package var state: String
    package var madeByMemreg: Bool
    /// How many times user space has the device open.
    package var contexts: Int
    /// The processes that opened it, as far as they are visible here.
    package var pids: [Int32]

    package init(
      device: String,
      netdev: String?,
      state: String,
      madeByMemreg: Bool,
      contexts: Int,
      pids: [Int32]
    ) {
      (self.device, self.netdev, self.state) = (device, netdev, state)
      (self.madeByMemreg, self.contexts, self.pids) = (madeByMemreg, contexts, pids)
    }
  }

  package var schema: String
  package var links: [Link]

  package init(
    schema: String = "memreg.rxe/1",
    links: [Link]
  ) {
    self.schema = schema
    self.links = links
  }
}
