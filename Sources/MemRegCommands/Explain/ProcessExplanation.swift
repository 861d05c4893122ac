import Diagnosis
import Documents
import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension ExplainedProcess {
  /// Judges whether `pid` could register `bytes` of new memory, from what the system shows of it.
  init(
    _ pid: Int32,
    bytes: UInt64,
    access: AccessFlags,
    strategy: StrategyKind,
    device: String?
  ) throws {
    let status = try ProcessStatus(ofProcess: pid)
    let size = ByteSize.text(bytes)
    self.init(
      pid: pid,
      process: status.name,
      lengthBytes: bytes,
      verdict: "\(status.name) (pid \(pid)) can register \(size) more"
    )
    let explainer = Explainer(ofProcess: pid, device: device.map { DeviceTraits(named: $0) })
    switch explainer.predictNewMemory(bytes, access: access, strategy: strategy) {
    case .fits: registrable = true
    case .atEdge(let reason): add(reason, code: nil)
    case .refused(let code, let reason):
      registrable = false
      add(reason, code: code)
    }
    facts =
      [
        ExplainedProcess.limit(pid, status), ExplainedProcess.namespaces(pid),
      ] + ExplainedProcess.bounds(pid)
    let found = try? ProcessMappings(ofProcess: pid, access: access, strategy: strategy)
    mappings = found?.count
    unregistrable = (found?.barred ?? [])
      .map { Mappings(cause: $0.cause.rawValue, count: $0.count, example: $0.example) }
  }

  private mutating func add(_ reason: FailureExplanation, code: Errno?) {
    errno = code?.name
    cause = reason.cause.rawValue
    verdict = reason.verdict
    setBy = reason.setBy
    remedy = reason.remedy
    evidence = reason.evidence
  }

  private static func limit(_ pid: Int32, _ status: ProcessStatus) -> String {
    let pinned = "\(ByteSize.text(UInt64(clamping: status.pinned))) pinned"
    guard let limit = try? Memlock(ofProcess: pid), let lock = try? LockCapability(ofProcess: pid)
    else { return "memlock     hidden, \(pinned)" }
    let sizes = [limit.soft, limit.hard].map { $0.map(ByteSize.text) ?? "unlimited" }
    return "memlock     soft \(sizes[0]), hard \(sizes[1]), \(pinned); \(lock.explanation)"
  }

  private static func namespaces(_ pid: Int32) -> String {
    func name(_ isInitial: Bool) -> String { isInitial ? "initial" : "of its own" }
    return "namespaces  user \(name(UserNamespace.isInitial(ofProcess: pid))), "
      + "pid \(name(ProcessNamespace.isInitial(ofProcess: pid)))"
  }

  private static func bounds(_ pid: Int32) -> [String] {
    var lines = PinnableMemory(ofProcess: pid).bounds
      .filter { $0.kind != .memlock && $0.limitCount == nil }
      .map { bound in
        let limit = bound.limitBytes.map { " of \(ByteSize.text($0))" } ?? ""
        return
          "memory      \(bound.kind.rawValue) \(bound.place): \(ByteSize.text(bound.bytes)) more\(limit)"
      }
    lines += RDMAControlGroup.all(ofProcess: pid)
      .map { group in
        let most = group.objectLimit.map(String.init) ?? "max"
        let handles = group.handleLimit.map(String.init) ?? "max"
        return
          "rdma group  \(group.group) on \(group.device): \(group.objects) of \(most) objects, "
          + "\(group.handles) of \(handles) contexts"
      }
    return lines
  }
}

extension ExplainedProcess {
  /// The verdict, who set the limit and the remedy, then what the process has.
  func text(isVerbose: Bool) -> StyledText {
    var lines = [StyledText(verdict: verdict, cause: cause, registrable: registrable)]
    if let setBy { lines.append("  set by: \(setBy)") }
    if isVerbose { lines += evidence.map { "  \($0)" } }
    if let remedy { lines.append("  \(remedy, .strong)") }
    lines += facts.map { StyledText($0) }
    if let mappings {
      lines.append("mappings    \(mappings), of which cannot be registered:")
      lines += unregistrable.map { "            \($0.count) \($0.cause), such as \($0.example)" }
      if unregistrable.isEmpty {
        lines[lines.count - 1] = "mappings    \(mappings), all can be registered"
      }
    } else {
      lines.append("mappings    hidden: another user's process")
    }
    return lines.printableLines
  }
}
