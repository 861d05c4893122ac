/// What the time of a call was spent on; the parts of a call do not overlap and add up to all of it.
package enum Part: Int, CaseIterable, Sendable {
  /// Around the driver: reading the request, objects, keys, answering.
  case uverbs
  /// The driver: its tables and the device. For io_uring, what it does itself.
  case driver
  /// Charging the pages, lists of pages, mapping them for DMA.
  case map
  /// Page faults, and the walk of page tables that finds what is not there.
  case fault
  /// Pinning.
  case pin
  /// Moving pages that may not be pinned where they are.
  case migrate
  /// Unpinning.
  case release

  /// As text and JSON name it.
  package var name: String { "\(self)" }
}
