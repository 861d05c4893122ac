internal import CFixtures
package import LinuxSystem

/// An attempt to move one page to a NUMA node (`move_pages(2)`).
package struct NodeMove {
  /// Pages that were not moved.
  package let left: Int
  /// The node the page is on; meaningless where it was left behind, as the kernel does not say then.
  package let node: Int

  /// Moves the page at `address`; throws if the call fails.
  package init(_ address: UInt64, to node: Int) throws(SystemError) {
    var left = 0
    var status: Int32 = -1
    try SystemError.check(
      "move a page to node \(node)",
      unsafe fixtures_move_page(address, Int32(node), &left, &status)
    )
    self.left = left
    self.node = Int(status)
  }
}
