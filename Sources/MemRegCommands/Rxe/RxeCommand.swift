import ArgumentParser

/// `memreg rxe`: soft-RoCE links, to have an RDMA device where no hardware is.
struct RxeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rxe",
    abstract: "Make, remove and list soft-RoCE devices.",
    discussion: """
      Soft-RoCE (rxe) is an RDMA device in software on any network interface. It needs a kernel with \
      the rdma_rxe module; where there is none, `memreg-rxe-vm` (`scripts/rxe-vm` in the source tree) runs a \
      command in a microVM.
      """,
    subcommands: [RxeUpCommand.self, RxeDownCommand.self, RxeListCommand.self]
  )
}
