import Documents

extension TopSample {
  /// The processes by `order`, those that `filter` matches.
  func arranged(by order: TopOrder, matching filter: String?) -> TopSample {
    var sample = self
    if let filter { sample.processes = processes.filter { $0.matches(filter) } }
    sample.processes.sort { order.places($0, before: $1) }
    return sample
  }
}

extension TopSample.Process {
  /// Whether `filter` is in the name, user, arguments or control group, begins the Pod's or container's id, or is the
  /// process, job or a device.
  func matches(_ filter: String) -> Bool {
    if name.contains(filter) || user.contains(filter) || devices.contains(filter) { return true }
    // Paths and arguments hold numbers of all kinds: a number is the id of a process or a job.
    if UInt64(filter) != nil {
      return String(pid) == filter || slurmJob.map { String($0) } == filter
    }
    return commandLine?.contains(filter) == true || controlGroup?.contains(filter) == true
      || podUid?.hasPrefix(filter) == true || container?.hasPrefix(filter) == true
  }
}
