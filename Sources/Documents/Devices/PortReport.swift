/// One port of a device with its GID table.
package struct PortReport: Codable, Equatable, Sendable {
  package var port: UInt8
  package var state: String
  package var physicalState: UInt8
  package var linkLayer: String
  package var netdev: String?
  package var rateMbps: UInt32?
  package var activeWidth: UInt8
  package var activeSpeed: UInt8
  package var maxMtuBytes: UInt32
  package var activeMtuBytes: UInt32
  package var maxMessageBytes: UInt32
  package var lid: UInt16
  package var smLid: UInt16
  package var lmc: UInt8
  package var portCapFlags: UInt32
  package var portCapFlags2: UInt16
  package var maxVlNum: UInt8
  package var badPkeyCntr: UInt32
  package var qkeyViolCntr: UInt32
  package var smSl: UInt8
  package var pkeyTblLen: UInt16
  package var gidTblLen: Int32
  package var subnetTimeout: UInt8
  package var initTypeReply: UInt8
  package var gids: [GIDReport]

  package init(
    port: UInt8,
    state: String,
    physicalState: UInt8,
    linkLayer: String,
    netdev: String?,
    rateMbps: UInt32?,
    activeWidth: UInt8,
    activeSpeed: UInt8,
    maxMtuBytes: UInt32,
    activeMtuBytes: UInt32,
    maxMessageBytes: UInt32,
    lid: UInt16,
    smLid: UInt16,
    lmc: UInt8,
    portCapFlags: UInt32,
    portCapFlags2: UInt16,
    maxVlNum: UInt8,
    badPkeyCntr: UInt32,
    qkeyViolCntr: UInt32,
    smSl: UInt8,
    pkeyTblLen: UInt16,
    gidTblLen: Int32,
    subnetTimeout: UInt8,
    initTypeReply: UInt8,
    gids: [GIDReport] = []
  ) {
    (self.port, self.state, self.physicalState) = (port, state, physicalState)
    (self.linkLayer, self.netdev, self.rateMbps) = (linkLayer, netdev, rateMbps)
    (self.activeWidth, self.activeSpeed) = (activeWidth, activeSpeed)
    (self.maxMtuBytes, self.activeMtuBytes) = (maxMtuBytes, activeMtuBytes)
    (self.maxMessageBytes, self.lid, self.smLid, self.lmc) = (maxMessageBytes, lid, smLid, lmc)
    (self.portCapFlags, self.portCapFlags2) = (portCapFlags, portCapFlags2)
    (self.maxVlNum, self.badPkeyCntr, self.qkeyViolCntr) = (maxVlNum, badPkeyCntr, qkeyViolCntr)
    (self.smSl, self.pkeyTblLen, self.gidTblLen) = (smSl, pkeyTblLen, gidTblLen)
    (self.subnetTimeout, self.initTypeReply, self.gids) = (subnetTimeout, initTypeReply, gids)
  }

  /// A valid entry of the GID table.
  package struct GIDReport: Codable, Equatable, Sendable {
    package var index: UInt32
    package var gid: String
    package var type: String
    /// The address that a RoCE v2 GID stands for.
    package var ipv4: String?
    package var netdev: String?

    package init(
      index: UInt32,
      gid: String,
      type: String,
      ipv4: String?,
      netdev: String?
    ) {
      (self.index, self.gid, self.type, self.ipv4, self.netdev) = (index, gid, type, ipv4, netdev)
    }
  }
}
