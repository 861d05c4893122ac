internal import CLinux
import Glibc
import LinuxSystem

/// Attaches the programs of all sites.
struct SiteAttacher {
  let maps: ProgramWriter.Maps
  let settings: ProgramWriter.Settings
  private(set) var programs = SessionPrograms()
  /// Functions that cannot be traced here, and why.
  private(set) var failures: [SystemError] = []
  private var moduleTypes: [String: Int32] = [:]
  /// Whether to attach through fprobes rather than by types.
  ///
  /// A program that is attached by types can be preempted, and until it goes on the kernel leaves it out for every other
  /// thread of that processor: Linux 7.3, which preempts in the kernel, lost half of the calls of 32 busy threads. In an
  /// fprobe no preemption takes place. From Linux 6.14 on it is part of the function graph, which also has room for the
  /// returns of any number of threads; before, kernels that preempt are rare and those returns are few.
  private let usesProbes: Bool

  init(maps: ProgramWriter.Maps, settings: ProgramWriter.Settings, types: KernelTypes) {
    self.maps = maps
    self.settings = settings
    usesProbes = KernelSites.graphProbes.contains { types.function($0) != nil }
  }

  /// Attaches what ends first, so that nothing begins of which the end cannot be seen.
  mutating func attach(_ sites: [Site]) {
    for site in sites { attach(site, at: .return) }
    for site in sites where !site.isCall { attach(site, at: .entry) }
    for site in sites where site.isCall { attach(site, at: .entry) }
    for types in moduleTypes.values { close(types) }
    moduleTypes = [:]
  }

  /// Follows the processes that traced processes start.
  ///
  /// Linux 7.3 preempts tracepoints too: a program at that of a fork was left out up to 11 times for 40 forks, and each may
  /// have been of a process.
  mutating func followChildren(types: KernelTypes) {
    guard let processes = maps.processes, let member = types.offset(of: "tgid", in: "task_struct")
    else { return }
    func program(_ arguments: ProgramWriter.Arguments, child: Int) -> [UInt64] {
      var writer = ProgramWriter(
        maps: maps,
        settings: settings,
        arguments: arguments,
        result: .nothing
      )
      writer.follow(processes, child: child, processMember: member)
      return writer.finish()
    }
    do throws(SystemError) {
      if usesProbes {
        programs.followers.append(
          try KernelProgram(
            program(.registers, child: 0),
            at: .entry,
            of: "wake_up_new_task",
            through: .fprobe
          )
        )
      } else if let tracepoint = types.tracepoint("sched_process_fork") {
        programs.followers.append(
          try KernelProgram(
            program(.typed(count: 2), child: 1),
            at: .tracepoint,
            of: "sched_process_fork",
            type: tracepoint,
            types: 0
          )
        )
      }
    } catch {
      failures.append(error)
    }
  }

  private mutating func attach(_ site: Site, at place: KernelProgram.Place) {
    if place == .return, settings.isLight, !site.isCall { return }
    do throws(SystemError) {
      let program =
        if usesProbes {
          try attachProbe(site, at: place, through: .fprobe)
        } else if let typed = try attachTyped(site, at: place) {
          typed
        } else {
          try attachProbe(site, at: place, through: .kprobe)
        }
      switch (site.isCall, place) {
      case (false, _): programs.stages.append(program)
      case (true, .entry): programs.begins.append(program)
      case (true, _): programs.ends.append(program)
      }
    } catch {
      failures.append(error)
    }
  }

  /// By types, which costs the traced call least; `nil` if the kernel cannot here.
  private mutating func attachTyped(
    _ site: Site,
    at place: KernelProgram.Place
  ) throws(SystemError) -> KernelProgram? {
    guard let type = site.function.type else { return nil }
    let arguments = ProgramWriter.Arguments.typed(count: site.function.parameters.count)
    var types: Int32 = 0
    if let module = site.function.module { types = try descriptor(of: module) }
    do throws(SystemError) {
      return try KernelProgram(
        instructions(site, at: place, arguments),
        at: place,
        of: site.function.name,
        type: type,
        types: types
      )
    } catch {
      // More arguments than the kernel's trampolines pass on.
      guard error.code == .notSupported else { throw error }
      return nil
    }
  }

  private func attachProbe(
    _ site: Site,
    at place: KernelProgram.Place,
    through probe: KernelProgram.Probe
  ) throws(SystemError) -> KernelProgram {
    try KernelProgram(
      instructions(site, at: place, .registers),
      at: place,
      of: site.function.name,
      through: probe
    )
  }

  private func instructions(
    _ site: Site,
    at place: KernelProgram.Place,
    _ arguments: ProgramWriter.Arguments
  ) -> [UInt64] {
    var writer = ProgramWriter(
      maps: maps,
      settings: settings,
      arguments: arguments,
      result: site.function.result
    )
    let captures = (place == .entry ? site.atEntry : site.atReturn)
      .filter { writer.canReach($0, atReturn: place == .return) }
    switch (site.role, place) {
    case (.call(let kind, let traits), .entry): writer.begin(kind, traits, captures: captures)
    case (.call(let kind, let traits), _): writer.end(kind, traits, captures: captures)
    case (.stage(let stage, let outer), .entry):
      writer.enter(stage, captures: captures, unlessIn: outer)
    case (.stage(let stage, _), _): writer.leave(stage, captures: captures)
    }
    return writer.finish()
  }

  private mutating func descriptor(of module: String) throws(SystemError) -> Int32 {
    if let known = moduleTypes[module] { return known }
    var found: Int32 = -1
    let code = unsafe clinux_bpf_module_types(module, &found)
    try SystemError.check("find the types of \(module)", code)
    moduleTypes[module] = found
    return found
  }
}

extension Site {
  fileprivate var isCall: Bool { if case .call = role { true } else { false } }
}

extension ProgramWriter.Settings {
  init(_ options: TraceOptions, types: KernelTypes) {
    command = options.command
    device = options.device
    isLight = options.detail == .light
    if let minor = types.offset(of: "min_flt", in: "task_struct"),
      let major = types.offset(of: "maj_flt", in: "task_struct"), !isLight
    {
      faults = ProgramWriter.TaskFaults(minor: minor, major: major)
    }
  }
}
