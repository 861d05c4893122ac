/// Registrations through verbs.
extension KernelSites {
  /// The kernel's side of the calls that register; which of them are there depends on its version.
  static let verbsCalls = [
    "ib_uverbs_reg_mr", "ib_uverbs_handler_UVERBS_METHOD_REG_MR",
    "ib_uverbs_handler_UVERBS_METHOD_REG_DMABUF_MR", "ib_uverbs_handler_UVERBS_METHOD_DM_MR_REG",
  ]

  /// Functions of a stage, of which the first that is there is taken.
  struct StageFunctions {
    let stage: Stage
    let functions: [String]
    let result: KernelFunction.Result
    var backing: Backing?
  }

  static let stages = [
    StageFunctions(
      stage: .umem,
      functions: ["ib_umem_get_desc", "ib_umem_get"],
      result: .long,
      backing: .pinned
    ),
    StageFunctions(
      stage: .umem,
      functions: ["ib_umem_odp_get"],
      result: .long,
      backing: .onDemand
    ),
    StageFunctions(
      stage: .umem,
      functions: ["ib_umem_dmabuf_get"],
      result: .long,
      backing: .dmabuf
    ),
    StageFunctions(stage: .pin, functions: ["pin_user_pages_fast"], result: .int),
    StageFunctions(stage: .pin, functions: ["pin_user_pages"], result: .long),
    StageFunctions(stage: .fault, functions: ["__get_user_pages"], result: .long),
    StageFunctions(
      stage: .migrate,
      functions: ["migrate_longterm_unpinnable_folios", "migrate_pages"],
      result: .int
    ),
    StageFunctions(stage: .release, functions: ["ib_umem_release"], result: .nothing),
  ]

  mutating func addVerbs() {
    for name in KernelSites.verbsCalls {
      add(
        .call(.register, CallTraits(isVerbs: true)),
        function(name, returning: .int),
        atEntry: [
          deviceOfFile, name.hasSuffix("DM_MR_REG") ? .backing(.deviceMemory) : nil,
          // struct ib_uverbs_reg_mr: a response, then start, length and hca_va; the access after a handle.
          name == "ib_uverbs_reg_mr" ? request(at: 8, size: 24, RecordLayout.address) : nil,
          name == "ib_uverbs_reg_mr" ? request(at: 36, size: 4, RecordLayout.access) : nil,
        ]
      )
    }
    add(
      .call(.reregister, CallTraits(isVerbs: true)),
      function("ib_uverbs_rereg_mr", returning: .int),
      atEntry: [
        deviceOfFile,
        // struct ib_uverbs_rereg_mr
        request(at: 12, size: 4, RecordLayout.changes),
        request(at: 16, size: 24, RecordLayout.address),
        request(at: 44, size: 4, RecordLayout.access),
      ]
    )
    // Regions of the kernel's own belong to no object of a process. A registration that fails late is undone by it.
    let condition = member("uobject", of: "ib_mr")
      .map { CallCondition(argument: 0, member: $0, expectation: .nonzero) }
    add(
      .call(.deregister, CallTraits(isInner: true, condition: condition)),
      function("ib_dereg_mr_user", returning: .int),
      atEntry: [
        .argument(0, at: RecordLayout.region),
        device(from: [member("device", of: "ib_mr")], of: 0),
        capture([member("iova", of: "ib_mr")], of: 0, at: RecordLayout.address),
        capture([member("iova", of: "ib_mr")], of: 0, at: RecordLayout.iova),
        capture([member("length", of: "ib_mr")], of: 0, at: RecordLayout.length),
        key("lkey", of: 0, at: RecordLayout.localKey),
        key("rkey", of: 0, at: RecordLayout.remoteKey),
      ]
    )
  }

  /// The functions of the drivers that are loaded: those that fit the table of a device's operations.
  mutating func addDrivers() {
    for function in drivers("reg_user_mr", named: "_reg_user_mr") {
      addDriver(function, protection: 0, address: 1, length: 2, iova: 3, access: 4)
    }
    for function in drivers("reg_user_mr_dmabuf", named: "_reg_user_mr_dmabuf") {
      addDriver(function, protection: 0, address: 1, length: 2, iova: 3, access: 5)
    }
    for function in drivers("rereg_user_mr", named: "_rereg_user_mr") {
      add(
        .stage(.driver, unlessIn: nil),
        function,
        atEntry: [
          .argument(0, at: RecordLayout.region),
          device(from: [member("device", of: "ib_mr")], of: 0),
          .argument(1, at: RecordLayout.changes, width: .word),
          .argument(2, at: RecordLayout.address), .argument(3, at: RecordLayout.length),
          .argument(4, at: RecordLayout.iova),
          .argument(5, at: RecordLayout.access, width: .word),
        ],
        atReturn: [Capture(source: .result, place: RecordLayout.successor, width: .double)]
      )
    }
  }

  mutating func addStages() {
    for stage in KernelSites.stages {
      add(
        .stage(stage.stage, unlessIn: nil),
        stage.functions.compactMap { function($0, returning: stage.result) }.first,
        atEntry: [stage.backing.map(Capture.backing)]
      )
    }
  }

  private mutating func addDriver(
    _ function: KernelFunction,
    protection: Int,
    address: Int,
    length: Int,
    iova: Int,
    access: Int
  ) {
    add(
      .stage(.driver, unlessIn: nil),
      function,
      atEntry: [
        device(from: [member("device", of: "ib_pd")], of: protection),
        .argument(address, at: RecordLayout.address), .argument(length, at: RecordLayout.length),
        .argument(iova, at: RecordLayout.iova),
        .argument(access, at: RecordLayout.access, width: .word),
      ],
      atReturn: [
        Capture(source: .result, place: RecordLayout.region, width: .double),
        keyOfResult("lkey", at: RecordLayout.localKey),
        keyOfResult("rkey", at: RecordLayout.remoteKey),
      ]
    )
  }

  /// The drivers' functions for an operation: by their types, or by their names in modules without types.
  private func drivers(_ operation: String, named suffix: String) -> [KernelFunction] {
    types.functions(like: operation, in: "ib_device_ops", beside: "ib_uverbs_reg_mr")
      + symbols.functions.filter { $0.name.hasSuffix(suffix) }
      .map { KernelFunction($0, returning: .long) }
  }

  /// The device of the file through which a call came.
  private var deviceOfFile: Capture? {
    device(
      from: [
        member("ufile", of: "uverbs_attr_bundle"), member("ucontext", of: "ib_uverbs_file"),
        member("device", of: "ib_ucontext"),
      ],
      of: 0
    )
  }

  /// What the request of a process has, so that it is known of what is refused before the driver is asked.
  private func request(at offset: Int32, size: Int32, _ place: Int) -> Capture? {
    guard let core = types.offset(of: "ucore", in: "uverbs_attr_bundle"),
      let input = types.offset(of: "inbuf", in: "ib_udata")
    else { return nil }
    return Capture(
      source: .request(
        of: 0,
        path: [Capture.Member(offset: core + input, width: .double)],
        offset: offset,
        size: size
      ),
      place: place,
      width: .double
    )
  }

  func device(from path: [Capture.Member?], of argument: Int) -> Capture? {
    capture(
      path + [member("index", of: "ib_device", width: .word)],
      of: argument,
      at: RecordLayout.device,
      width: .word,
      increment: 1
    )
  }

  private func key(_ name: String, of argument: Int, at place: Int) -> Capture? {
    capture([member(name, of: "ib_mr", width: .word)], of: argument, at: place, width: .word)
  }

  private func keyOfResult(_ name: String, at place: Int) -> Capture? {
    member(name, of: "ib_mr", width: .word)
      .map { Capture(source: .memberOfResult($0), place: place, width: .word) }
  }
}
