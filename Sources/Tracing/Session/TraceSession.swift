package import LinuxSystem

/// A trace under way: programs at the kernel functions that register memory, until this value ends.
package struct TraceSession: ~Copyable {
  /// The stages that this kernel does not let see.
  package let unseen: [Stage]
  private let maps: SessionMaps
  private let programs: SessionPrograms

  /// Begins to trace.
  ///
  /// Throws EPERM without CAP_BPF, CAP_PERFMON and, before Linux 6.14, CAP_SYS_ADMIN; ENOENT if the kernel does not
  /// describe its types.
  package init(_ options: TraceOptions) throws(SystemError) {
    do throws(SystemError) {
      let maps = try SessionMaps(options)
      let found = try KernelSites(isLight: options.detail == .light)
      var attacher = SiteAttacher(
        maps: maps.descriptors,
        settings: ProgramWriter.Settings(options, types: found.types),
        types: found.types
      )
      if options.followsChildren { attacher.followChildren(types: found.types) }
      attacher.attach(found.sites)
      if let failure = attacher.failures.first { throw failure }
      self.maps = maps
      programs = attacher.programs
      unseen = found.unseen
    } catch {
      throw TracePermission.explain(error)
    }
  }

  /// Takes the records that have come, in the order in which the calls ended.
  package func takeRecords(_ body: (TraceRecord) -> Void) {
    // What is sent meanwhile is for the next time: calls may come faster than they are read.
    var left = SessionMaps.ringSize / 8
    while left > 0, let words = maps.ring.take() {
      left -= words.count
      if let record = TraceRecord(words) { body(record) }
    }
  }

  /// What has not been seen so far.
  package var losses: TraceLosses {
    func counted(_ counter: ProgramWriter.Counter) -> UInt64 {
      maps.counters.words(UInt32(counter.rawValue), count: 1)[0]
    }
    // The next call in the place of one whose end was missed notices it, if there is one.
    let unended = max(counted(.unended), SessionPrograms.misses(programs.ends))
    return TraceLosses(
      calls: counted(.lost) + counted(.displaced) + unended,
      missedCalls: SessionPrograms.misses(programs.begins),
      missedStages: SessionPrograms.misses(programs.stages),
      missedStarts: SessionPrograms.misses(programs.followers)
    )
  }

  /// How often what duration occurred of a kind of call, or of a part of it, if durations are counted.
  package func durations(of kind: CallKind, part: Part? = nil) -> DurationCounts? {
    guard let histograms = maps.histograms else { return nil }
    return DurationCounts(
      counted: histograms.words(DurationCounts.key(kind, part), count: DurationCounts.size / 8)
    )
  }
}
