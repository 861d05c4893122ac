/// What a process runs for, by the names of its control groups: a Slurm job, a Pod, a container.
///
/// The names are those that Slurm, the kubelet and container runtimes give; whoever may make control groups may give the
/// same. A process in a control group namespace of its own sees no names above it.
public struct Workload: Equatable, Sendable {
  /// The id of the Slurm job.
  public private(set) var slurmJob: UInt64?
  /// The step of the job as Slurm writes it: "0", "batch", "extern".
  public private(set) var slurmStep: String?
  /// The UID of the Pod.
  public private(set) var pod: String?
  /// The id of the container in 64 digits, or its name where the runtime goes by names (LXC, systemd-nspawn).
  public private(set) var container: String?

  /// Reads the text of /proc/PID/cgroup: the innermost name of each kind, from the hierarchies that have one.
  public init(parsing text: String) {
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      read(fields[2].split(scalar: "/"))
    }
  }

  private mutating func read(_ names: [Substring]) {
    var isInSlurm = false
    var isInKubernetes = false
    for (index, name) in names.enumerated() {
      isInSlurm = isInSlurm || Workload.isSlurm(name)
      isInKubernetes = isInKubernetes || name.contains("kubepods")
      if isInSlurm, let job = Workload.number(name, after: "job_") {
        slurmJob = job
        slurmStep = names.dropFirst(index + 1).first.flatMap { Workload.step($0) }
      }
      if isInKubernetes, let uid = Workload.podUID(name) { pod = uid }
      if let id = Workload.containerID(name) { container = id }
    }
  }

  // "slurm" and "slurm_NODE" in version 1, "slurmstepd.scope" and "NODE_slurmstepd.scope" in version 2.
  private static func isSlurm(_ name: Substring) -> Bool {
    name == "slurm" || name.hasPrefix("slurm_") || name.hasSuffix("slurmstepd.scope")
  }

  private static func number(_ name: Substring, after prefix: String) -> UInt64? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.utf8.count)
    return digits.utf8.allSatisfy(\.isDigit) ? UInt64(digits) : nil
  }

  private static func step(_ name: Substring) -> String? {
    guard name.hasPrefix("step_") else { return nil }
    let step = name.dropFirst(5)
    let isStep = !step.isEmpty && step.utf8.count <= 32 && step.utf8.allSatisfy(\.isWordPart)
    return isStep ? String(step) : nil
  }

  // "kubepods-burstable-pod1e2d_3c….slice" by systemd, "pod1e2d-3c…" by cgroupfs; 32 digits without dashes for a static Pod.
  private static func podUID(_ name: Substring) -> String? {
    let bare = name.hasSuffix(".slice") ? name.dropLast(6) : name
    let part =
      bare.hasPrefix("pod")
      ? bare.dropFirst(3) : bare.ranges(of: "-pod").last.map { bare[$0.upperBound...] }
    guard let part else { return nil }
    let bytes = part.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
    let digits = bytes.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32, [32, 36].contains(bytes.count), digits.allSatisfy(\.isHexDigit)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func containerID(_ name: Substring) -> String? {
    if name.hasPrefix("lxc.payload.") { return bounded(name.dropFirst(12)) }
    if name.hasPrefix("systemd-nspawn@"), name.hasSuffix(".service") {
      return bounded(name.dropFirst(15).dropLast(8))
    }
    if name.hasPrefix("machine-"), name.hasSuffix(".scope") {
      return bounded(name.dropFirst(8).dropLast(6))
    }
    // The monitor of a container is none.
    guard !name.contains("conmon") else { return nil }
    let bare = name.hasSuffix(".scope") ? name.dropLast(6) : name
    let id = bare.split(scalar: "-").last ?? bare
    return id.utf8.count == 64 && id.utf8.allSatisfy(\.isHexDigit) ? String(id) : nil
  }

  private static func bounded(_ name: Substring) -> String? {
    name.isEmpty ? nil : String(name.prefix(64))
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  fileprivate var isHexDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
  }

  fileprivate var isWordPart: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
      || [UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: ".")].contains(self)
  }
}
