/// A virtual machine whose memory is encrypted against its host, so that devices reach only what is shared with them.
public struct ConfidentialGuest: Equatable, Sendable {
  /// The technology, such as "Intel TDX".
  public let technology: String
  /// What shows it.
  public let evidence: String

  /// This machine; `nil` if nothing says that it is one. `root` is where /proc and /sys are.
  public init?(below root: String = "") {
    let places = [
      ("Intel TDX", "/sys/devices/virtual/misc/tdx_guest"),
      ("AMD SEV-SNP", "/sys/devices/virtual/misc/sev-guest"),
      ("AMD SEV-SNP", "/sys/devices/platform/sev-guest"),
      ("Arm CCA", "/sys/devices/virtual/misc/arm_cca_guest"),
    ]
    if let (technology, path) = places.first(where: { Directory.isDirectory(root + $0.1) }) {
      self.init(technology, "\(path) exists")
    } else if TextFile.firstLine("\(root)/sys/firmware/uv/prot_virt_guest") == "1" {
      self.init("IBM Secure Execution", "/sys/firmware/uv/prot_virt_guest is 1")
    } else if ConfidentialGuest.flags(below: root).contains("tdx_guest") {
      self.init("Intel TDX", "/proc/cpuinfo has the flag tdx_guest")
    } else {
      return nil
    }
  }

  private init(_ technology: String, _ evidence: String) {
    (self.technology, self.evidence) = (technology, evidence)
  }

  private static func flags(below root: String) -> [Substring] {
    let text = (try? TextFile.read("\(root)/proc/cpuinfo")) ?? ""
    return text.split(scalar: "\n").first { $0.hasPrefix("flags") }?.split(scalar: " ") ?? []
  }
}
