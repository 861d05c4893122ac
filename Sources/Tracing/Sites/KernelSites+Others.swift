/// Pins and pages that are not registered through verbs.
extension KernelSites {
  /// Buffers registered with io_uring.
  mutating func addRing() {
    let register = function("io_sqe_buffer_register", returning: .long)
    // Until 6.12 the buffer is written to an argument; later it is what the function returns.
    let slot = register?.parameters.firstIndex(of: "pimu")
    add(
      .call(.register, CallTraits()),
      register,
      atEntry: [
        .backing(.ioUring),
        capture([member("iov_base", of: "iovec")], of: 1, at: RecordLayout.address),
        capture([member("iov_len", of: "iovec")], of: 1, at: RecordLayout.length),
      ],
      atReturn: [
        Capture(
          source: slot.map { .target(of: $0) } ?? .result,
          place: RecordLayout.region,
          width: .double
        )
      ]
    )
    if slot != nil {
      add(
        .call(.deregister, CallTraits(isInner: true)),
        function("io_buffer_unmap", returning: .nothing),
        atEntry: [
          .backing(.ioUring),
          Capture(source: .target(of: 1), place: RecordLayout.region, width: .double),
        ]
      )
    } else if let type = member("type", of: "io_rsrc_node", width: .byte) {
      // IORING_RSRC_BUFFER
      let isBuffer = CallCondition(argument: 1, member: type, expectation: .equal(1))
      add(
        .call(.deregister, CallTraits(isInner: true, condition: isBuffer)),
        function("io_free_rsrc_node", returning: .nothing),
        atEntry: [.backing(.ioUring), .argument(1, at: RecordLayout.region)]
      )
    }
  }

  /// Pages that a device asks for, and pages charged to a process without being registered.
  mutating func addFaultsAndCharges() {
    let map = function("ib_umem_odp_map_dma_and_lock", returning: .int)
    let umem = types.offset(of: "umem", in: "ib_umem_odp") ?? 0
    func member(_ name: String) -> Capture.Member? {
      types.offset(of: name, in: "ib_umem")
        .map { Capture.Member(offset: umem + $0, width: .double) }
    }
    add(
      .call(.fault, CallTraits(isInner: true)),
      map,
      atEntry: [
        .backing(.onDemand), device(from: [member("ibdev")], of: 0),
        .argument(1, at: RecordLayout.address), .argument(2, at: RecordLayout.length),
        capture(
          [
            member("owning_mm"), self.member("owner", of: "mm_struct"),
            self.member("tgid", of: "task_struct", width: .word),
          ],
          of: 0,
          at: RecordLayout.subject,
          width: .word
        ),
      ]
    )
    add(.stage(.fault, unlessIn: .fault), map)
    add(
      .call(.charge, CallTraits(isInner: true)),
      function("__account_locked_vm", returning: .int),
      atEntry: [
        .backing(.vfio), .argument(1, at: RecordLayout.length),
        .argument(2, at: RecordLayout.access, width: .word),
      ]
    )
  }
}
