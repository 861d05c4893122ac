/// What a traced call does.
package enum CallKind: UInt32, CaseIterable, Sendable {
  case register = 1
  case reregister
  case deregister
  /// The device found pages of an on-demand region missing.
  case fault
  /// Pages are charged to a process (`account_locked_vm`), as vfio does, or given back.
  case charge
}
