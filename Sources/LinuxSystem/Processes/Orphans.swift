internal import CLinux

/// Processes whose parent has ended.
package enum Orphans {
  /// Makes this process their parent if they descend from it, as daemons that it starts, until it ends itself.
  package static func adopt() throws(SystemError) {
    try SystemError.check("adopt orphans", clinux_adopt_orphans())
  }
}
