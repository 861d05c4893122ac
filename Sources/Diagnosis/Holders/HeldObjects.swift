/// How much of each kind of object there is on a device, for one owner.
package struct HeldObjects: Equatable, Sendable {
  package var contexts = 0
  package var pds = 0
  package var mrs = 0
  /// The lengths of the memory regions together.
  package var mrBytes: UInt64 = 0
  package var qps = 0
  package var cqs = 0
  package var cmIds = 0

  package init() {}

  package var isEmpty: Bool { self == HeldObjects() }
}
