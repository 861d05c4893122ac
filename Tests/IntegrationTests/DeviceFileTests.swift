import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `The file of a device in /dev` {
  @Test(arguments: ["register --size 4K", "devices"])
  func `that may not be opened is named with status 77, and opens after the remedy as printed`(
    command: String
  ) async throws {
    let file = "/dev/infiniband/uverbs0"
    let result = try await Memreg.shell(
      """
      mode=$(stat -c %a \(file)); chmod 600 \(file)
      said=$(\(Confinement.nobody) \(Memreg.path) \(command) 2>&1 >/dev/null); echo "status $?"; echo "$said"
      sh -c "$(echo "$said" | tail -n 1)"
      \(Confinement.nobody) \(Memreg.path) \(command) >&2
      status=$?
      chmod "$mode" \(file)
      exit $status
      """
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output == """
        status 77
        memreg: cannot use RDMA device rxe0: \(file) may not be opened by this user
          chmod 666 \(file)    # as root

        """
    )
  }
}
