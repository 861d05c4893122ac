import ArgumentParser
import Documents
import Netlink

/// `memreg rxe list`: shows the soft-RoCE links.
struct RxeListCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the soft-RoCE devices, those of others too."
  )

  @OptionGroup var output: OutputOptions

  func execute() throws {
    let report = RxeListReport(try RxeListCommand.links())
    try output.write(report, text: report.text)
  }

  /// All links; none where the kernel has no RDMA, or has not loaded it.
  static func links() throws(CommandFailure) -> [RxeLink] {
    do throws(NetlinkError) {
      return try RxeLink.all()
    } catch {
      guard error.isLackOfFamily else { throw CommandFailure(error) }
      return []
    }
  }
}
