import Glibc
public import LinuxSystem
import MemoryRegistration

extension Explainer {
  /// EPERM and ENOSYS of io_uring itself, before any memory is looked at.
  func ringUnavailable(_ attempt: RegistrationAttempt) -> FailureExplanation {
    let setting = TextFile.firstLine("/proc/sys/kernel/io_uring_disabled")
    let evidence = setting.map { ["kernel.io_uring_disabled = \($0)"] } ?? []
    // 1 leaves it to CAP_SYS_ADMIN, and to kernel.io_uring_group.
    let isPrivileged = (try? Capability.sysAdmin.isGranted) ?? false
    if setting == "2" || setting == "1" && !isPrivileged {
      return FailureExplanation(
        .ringUnavailable,
        "io_uring is switched off here by kernel.io_uring_disabled",
        evidence: evidence,
        remedy: "sysctl kernel.io_uring_disabled=0    # as root; or use an RDMA device"
      )
    }
    if isFiltered {
      return FailureExplanation(
        .ringUnavailable,
        "a seccomp filter of this process refuses io_uring with \(attempt.code.outcome)",
        evidence: evidence + [filterEvidence],
        remedy: filterRemedy("io_uring_setup, io_uring_enter and io_uring_register")
          + "; or use an RDMA device"
      )
    }
    return FailureExplanation(
      .ringUnavailable,
      attempt.code == .ENOSYS
        ? "io_uring is unavailable: this kernel is built without it"
        : "io_uring is unavailable: a security module such as SELinux forbids it",
      evidence: evidence + ["no seccomp filter judges this process"],
      remedy: "use an RDMA device"
    )
  }

  // `io_sqe_buffer_register()` and its predecessors refuse a longer one by EFAULT, before they look at the memory.
  func explainRingSize(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy == .ioUring, attempt.range.length > 1 << 30 else { return nil }
    return FailureExplanation(
      .driverSize,
      "io_uring registers 1 GiB in one buffer at most, and this is "
        + SizeText.text(attempt.range.length),
      evidence: ["io_uring refuses a longer buffer with EFAULT, whatever its memory"],
      remedy: "register the memory in buffers of 1 GiB or less"
    )
  }

  /// EPERM, EACCES and ENOSYS of the verbs for which nothing else accounts, where a filter judges system calls.
  public func explainFilter(_ code: Errno?) -> FailureExplanation? {
    guard isFiltered else { return nil }
    return FailureExplanation(
      .seccomp,
      "a seccomp filter judges this process's system calls, and nothing else here says "
        + code.outcome,
      evidence: budgetEvidence + [filterEvidence],
      remedy: filterRemedy("ioctl, write, mmap and madvise")
    )
  }

  private var isFiltered: Bool { (try? ProcessStatus(ofProcess: pid))?.isFiltered ?? false }

  private var filterEvidence: String {
    "Seccomp is 2 in /proc/\(pid.map(String.init) ?? "self")/status"
  }

  // Who filters: a runtime out of sight, the unit, or a program above this one.
  private func filterRemedy(_ calls: String) -> String {
    if !ProcessNamespace.isInitial(ofProcess: pid ?? getpid()) {
      return
        "docker run --security-opt seccomp=unconfined    # before the other options; or a profile with \(calls)"
    }
    let names = calls.split { ", ".contains($0) }.filter { $0 != "and" }.joined(separator: " ")
    if let unit = ControlGroup(ofProcess: pid)?.unit, unit.hasSuffix(".service") {
      return "systemctl edit \(unit)    # [Service] SystemCallFilter=\(names)"
    }
    return "allow \(calls) in the filter of the program that started this one"
  }
}
