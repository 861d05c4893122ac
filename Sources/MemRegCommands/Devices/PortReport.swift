/// One port of a device with its GID table.
struct PortReport: Encodable {
  var port: UInt8
  var state: String
  var physicalState: UInt8
  var linkLayer: String
  var netdev: String?
  var rateMbps: UInt32?
  var activeWidth: UInt8
  var activeSpeed: UInt8
  var maxMtuBytes: UInt32
  var activeMtuBytes: UInt32
  var maxMessageBytes: UInt32
  var lid: UInt16
  var smLid: UInt16
  var lmc: UInt8
  var portCapFlags: UInt32
  var portCapFlags2: UInt16
  var maxVlNum: UInt8
  var badPkeyCntr: UInt32
  var qkeyViolCntr: UInt32
  var smSl: UInt8
  var pkeyTblLen: UInt16
  var gidTblLen: Int32
  var subnetTimeout: UInt8
  var initTypeReply: UInt8
  var gids: [GIDReport] = []

  /// A valid entry of the GID table.
  struct GIDReport: Encodable {
    var index: UInt32
    var gid: String
    var type: String
    /// The address that a RoCE v2 GID stands for.
    var ipv4: String?
    var netdev: String?
  }
}
