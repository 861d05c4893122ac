import LinuxSystem

/// The functions that the running kernel has for what is traced.
struct KernelSites {
  let types: KernelTypes
  let symbols: KernelSymbols
  private(set) var sites: [Site] = []

  /// Looks them up in the types of the kernel, of the RDMA core and of the modules that use it.
  ///
  /// `isLight` leaves out the functions within a call that only divide its time.
  init(isLight: Bool) throws(SystemError) {
    let core = ["ib_core", "ib_uverbs", "ib_uverbs_support"]
    let users = core.flatMap { Directory.names(in: "/sys/module/\($0)/holders") }
    let modules = Set(core + users).sorted().filter { Directory.isDirectory("/sys/module/\($0)") }
    let types = try KernelTypes(modules: modules, wanted: KernelSites.names)
    self.types = types
    symbols = KernelSymbols(of: modules.filter { !types.describes($0) })
    addVerbs()
    addDrivers()
    addRing()
    addFaultsAndCharges()
    if !isLight { addStages() }
  }

  /// The stages that this kernel does not let see.
  var unseen: [Stage] {
    Stage.allCases.filter { stage in
      !sites.contains { if case .stage(stage, _) = $0.role { true } else { false } }
    }
  }

  /// What an fprobe calls where it is part of the function graph.
  static let graphProbes = ["fprobe_entry", "fprobe_fgraph_entry"]

  private static let names = Set(
    verbsCalls + graphProbes + stages.flatMap(\.functions) + [
      "ib_uverbs_rereg_mr", "ib_dereg_mr_user", "io_sqe_buffer_register", "io_free_rsrc_node",
      "io_buffer_unmap", "ib_umem_odp_map_dma_and_lock", "__account_locked_vm",
      "btf_trace_sched_process_fork", "ib_pd", "ib_mr", "ib_device", "ib_device_ops", "ib_umem",
      "ib_umem_odp", "iovec", "task_struct", "mm_struct", "io_rsrc_node",
      "uverbs_attr_bundle", "ib_udata", "ib_uverbs_file", "ib_ucontext",
    ]
  )

  /// A function by its name: from the types, or, if it is in a module without types, from the symbols.
  ///
  /// Symbols do not tell what it returns, so `result` does.
  func function(_ name: String, returning result: KernelFunction.Result) -> KernelFunction? {
    if let found = types.function(name) { return found }
    return symbols.functions.first { $0.name == name }
      .map { KernelFunction($0, returning: result) }
  }

  func member(_ name: String, of structure: String, width: Assembler.Width = .double) -> Capture
    .Member?
  {
    types.offset(of: name, in: structure).map { Capture.Member(offset: $0, width: width) }
  }

  mutating func add(
    _ role: Site.Role,
    _ function: KernelFunction?,
    atEntry: [Capture?] = [],
    atReturn: [Capture?] = []
  ) {
    guard let function else { return }
    sites.append(
      Site(
        function: function,
        role: role,
        atEntry: atEntry.compactMap { $0 },
        atReturn: atReturn.compactMap { $0 }
      )
    )
  }

  /// Notes what a chain of members leads to, or nothing if this kernel has no such member.
  func capture(
    _ path: [Capture.Member?],
    of argument: Int,
    at place: Int,
    width: Assembler.Width = .double,
    increment: Int32 = 0
  ) -> Capture? {
    let known = path.compactMap { $0 }
    guard known.count == path.count else { return nil }
    return Capture(
      source: .member(of: argument, path: known),
      place: place,
      width: width,
      increment: increment
    )
  }
}
