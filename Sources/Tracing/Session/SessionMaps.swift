import LinuxSystem

/// The maps of a trace.
struct SessionMaps {
  let calls: KernelMap
  let counters: KernelMap
  let processes: KernelMap?
  let histograms: KernelMap?
  let records: KernelMap
  let ring: RecordRing

  /// Room for records that have not been read, in bytes; 22,000 with all stages.
  static let ringSize = 8 << 20

  init(_ options: TraceOptions) throws(SystemError) {
    let recordSize = options.detail == .light ? RecordLayout.short : RecordLayout.size
    calls = try KernelMap(
      .array,
      key: 4,
      value: recordSize,
      entries: ProgramWriter.placeCount
    )
    counters = try KernelMap(
      .array,
      key: 4,
      value: 8,
      entries: UInt32(ProgramWriter.Counter.allCases.count)
    )
    processes =
      options.processes.isEmpty ? nil : try KernelMap(.hash, key: 4, value: 1, entries: 65_536)
    histograms =
      options.countsDurations
      ? try KernelMap(.array, key: 4, value: DurationCounts.size, entries: DurationCounts.entries)
      : nil
    records = try KernelMap(.ring, entries: UInt32(SessionMaps.ringSize))
    ring = try RecordRing(records, size: SessionMaps.ringSize, recordSize: recordSize)
    for process in options.processes { try processes?.insert(UInt32(process)) }
  }

  /// As programs refer to them.
  var descriptors: ProgramWriter.Maps {
    ProgramWriter.Maps(
      calls: calls.descriptor,
      ring: records.descriptor,
      counters: counters.descriptor,
      processes: processes?.descriptor,
      histograms: histograms?.descriptor
    )
  }
}
