import Testing

/// The examples of the library's documentation, run as they are printed there.
@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)))
struct `The documentation's example` {
  @Test func `of accounting agrees with the kernel to the byte`() async throws {
    let result = try await Memreg.shell(".build/debug/RegisterAndAccount rxe0")
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output == """
        the ledger expects 256 pages
        the kernel has charged 1048576 bytes
        released 1048576 bytes, 0 are left
        asked for 17 pages, 16 are free

        """
    )
  }

  @Test func `of a cache hits once and unpins what the application unmapped`() async throws {
    let result = try await Memreg.shell(".build/debug/CacheInMiddleware rxe0")
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output == """
        the second message took the first one's region: true
        hits 1, misses 1
        pinned after munmap: 0 bytes

        """
    )
  }

  @Test func `of removal lets the device go and ends by a typed error`() async throws {
    let made = try TestDevice("rem_doc")
    let result = try await Memreg.shell(
      """
      out=$(mktemp)
      .build/debug/OrderlyRemoval \(made.name) > $out & holder=$!
      until grep -q holding $out; do kill -0 $holder || exit 9; sleep 0.05; done
      rdma link delete \(made.name) || exit 3
      wait $holder; status=$?; cat $out; rm $out; exit $status
      """
    )
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output.split(separator: "\n").sorted() == [
        "a registration says that the device is gone",
        "holding 1048576 bytes",
        "pinned: 0 bytes, ledger: 0 pages",
        "rem_doc is being removed",
      ]
    )
    withExtendedLifetime(made.name) {}
  }
}
