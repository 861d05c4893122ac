import LinuxSystem

extension FailureExplanation {
  /// A number of things is reached: objects, contexts, mappings, or the huge pages of a control group.
  static func full(_ bound: PinBound) -> FailureExplanation {
    let (most, used) = (bound.limitCount ?? 0, bound.usedCount ?? 0)
    let (file, device) = (bound.setting ?? "rdma.max", bound.device ?? "the device")
    return switch bound.kind {
    case .mappings:
      FailureExplanation(
        .mapCount,
        "the process has \(used) mappings and vm.max_map_count is \(most): a mapping that must be "
          + "split cannot be",
        evidence: [
          "fork support of libibverbs (RDMAV_FORK_SAFE, IBV_FORK_SAFE) splits mappings by MADV_DONTFORK"
        ],
        remedy:
          "sysctl vm.max_map_count=\(most.multiplied(clamped: 4))    # as root; or register fewer, larger regions"
      )
    case .contexts:
      FailureExplanation(
        .controlGroup,
        "rdma.max of control group \(bound.place) allows \(most) open contexts on \(device) and "
          + "\(used) are open",
        remedy: "echo '\(device) hca_handle=max' >\(file)    # as root; or close contexts"
      )
    case .hugetlbControlGroup:
      FailureExplanation(
        .hugetlbControlGroup,
        "control group \(bound.place) allows \(SizeText.text(bound.limitBytes ?? 0)) of huge pages "
          + "(\(file.split(scalar: "/").last ?? "")) and uses \(SizeText.text(bound.usedBytes ?? 0))",
        remedy: "echo max >\(file)    # as root"
      )
    default:
      FailureExplanation(
        .controlGroup,
        "rdma.max of control group \(bound.place) allows \(most) objects on \(device) and "
          + "\(used) are in use",
        remedy: "echo '\(device) hca_object=max' >\(file)    # as root; or release objects"
      )
    }
  }
}
