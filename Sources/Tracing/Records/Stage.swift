/// A function of the kernel that a registration goes through; one lies within another.
package enum Stage: Int, CaseIterable, Sendable {
  /// The driver's own (`ib_device_ops.reg_user_mr` and its like).
  case driver
  /// `ib_umem_get` and its like: charges the pages, pins them, maps them for the device.
  case umem
  /// `pin_user_pages_fast`, `pin_user_pages`.
  case pin
  /// `__get_user_pages`: the slow way to pages, with the faults that it takes.
  case fault
  /// Moves pages out of where they cannot be pinned.
  case migrate
  /// `ib_umem_release`: unpins.
  case release
}
